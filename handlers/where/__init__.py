"""Places: what is known of one, which are side by side, and who may read how much of it."""
