"""From a frozen list to the words of a reply: plan, word, check."""
