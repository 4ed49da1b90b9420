"""Outgoing texts: outbox, leases, rate limits, delivery states."""
