"""How people reach it: the terminal."""
