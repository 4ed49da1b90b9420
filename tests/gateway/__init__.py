"""A second carrier, to prove that a carrier is its own folder: JSON webhooks, and no list of messages."""
