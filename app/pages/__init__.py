"""What people look at: the members' board, and the pages that everybody may see."""
