"""What somebody may look at, by the same rules as by text: frozen values for pages, in nobody's language yet."""
