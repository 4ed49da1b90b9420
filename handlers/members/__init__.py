"""People on the line: how they come in, what they set for themselves, and how they leave."""
