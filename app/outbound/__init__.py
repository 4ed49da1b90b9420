"""How a text leaves: queued, posted, and followed until it has arrived."""
