"""The language model that reads soft tokens: prompt, masks, ranking head, decoding."""
