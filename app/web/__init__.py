"""What answers HTTP: the carrier's webhooks, /health and /metrics."""
