"""The members' board: how one comes in, its pages, and what is done on them."""
