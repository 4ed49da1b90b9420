"""When a line is not there: a pause, a rest, its end."""
