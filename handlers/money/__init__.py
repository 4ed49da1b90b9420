"""The group's purse: what was spent and came in, and the OK of two others."""
