"""A neighbor's request: from their words to something that can be asked about, and on to their receipt."""
