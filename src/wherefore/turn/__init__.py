"""What every turn runs on: a language model, lists without words, and one turn at a time."""
