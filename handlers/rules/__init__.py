"""The rules a line lives by: the figures, what was changed of them and by whom, and what all can read of it."""
