"""A volunteer and the requests they take: looking, claiming, on the way, done, or given back in time."""
