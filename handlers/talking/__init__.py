"""Words and pictures between the two sides of a request, without either one's number."""
