"""Needs that come again: every Tuesday, AGAIN, who does them always."""
