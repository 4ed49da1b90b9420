"""Backups: made while the hotline runs, checked, put back; and what must be true after that."""
