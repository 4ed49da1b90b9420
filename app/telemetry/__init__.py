"""What is told to whoever runs the host: logs, metrics, heartbeats."""
