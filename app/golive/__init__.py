"""`hotline golive`: from nothing to a talking line, one question at a time. A module a step."""
