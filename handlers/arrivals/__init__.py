"""How a text came, and what else was going on: buttons, edits, forwarded words, several texts at once."""
