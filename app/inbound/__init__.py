"""How a text comes in: on disk first, then understood, then answered."""
