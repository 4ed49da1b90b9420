"""What a line has done in a span of time, in figures: counts, times and money, and nothing about anybody.

Each module reads one kind of figure in a few statements that write nothing; `whole.read` reads them all. Requests are
counted by when they were asked, texts by when they were queued, days and weeks are those of the line's own clock.
"""
