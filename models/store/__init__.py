"""How rows are read and written."""
