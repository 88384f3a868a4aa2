"""The web page: `make ui` or `wherefore ui`."""
