"""Whom to ask, how many, when: one unanswered offer at a time, quiet hours, and what is measured."""
