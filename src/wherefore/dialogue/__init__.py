"""Values: what was said, what was understood of it, and what may be said back."""
