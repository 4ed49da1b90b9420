"""Whom to ask, when, and what is said while nobody has come yet."""
