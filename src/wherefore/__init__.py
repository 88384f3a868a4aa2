"""Wherefore: a conversational recommender that says why.

Shape legend: b dialogues, t tokens, m candidates, n items, d item-vector width, s soft tokens per item,
h LLM width, v vocabulary.
"""
