"""Items, their fields and kinds, and the files that they come from."""
