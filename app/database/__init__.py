"""Engines, the writer thread and its queue, the runner of migrations."""
