"""Whoever is on duty: turns, the watch, what waits for them, and what they can do about requests."""
