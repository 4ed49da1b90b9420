"""What people would give, and what the group has in stock, matched with what neighbors need."""
