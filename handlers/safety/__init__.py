"""Danger and phones that others read: what is said at once, who is woken, and what is never shown."""
