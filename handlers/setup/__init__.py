"""A line's beginning: what is said when it goes live, lists brought along, and pretend phones."""
