"""`hotline golive`: from nothing to a talking line, one question at a time. A module a step; setup.py is what they share."""
