"""From messages to what the user means."""
