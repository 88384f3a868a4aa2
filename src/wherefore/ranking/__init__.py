"""The order of the candidates, and the choice of a list from it."""
