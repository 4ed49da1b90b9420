"""What fills a phrase: values in the reader's language, lengths, buttons and templates."""
