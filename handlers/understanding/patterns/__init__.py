"""Patterns of words, as a volunteer writes them into a language's file; docs/danger.md says how."""
