"""From a frozen list to the words of a reply: plan, word, check.

The words that the grammar knows stand in two modules: `frames` (sentences) and `phrases` (how a value is said).
"""
