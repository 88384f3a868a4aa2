"""Candidates from the catalogue: embedders, index, sources, and what joins them."""
