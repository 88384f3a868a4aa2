"""The recommender over HTTP: its own API, and the one that clients of chat models speak."""
