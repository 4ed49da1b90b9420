"""What somebody may see of the line on a page, by the same rules as by text: read, and never changed."""
