"""The figures of a line on a page: plots with the numbers behind them, in the reader's language."""
