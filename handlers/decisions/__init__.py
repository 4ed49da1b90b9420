"""Deciding together: what is proposed, who says what to it, and what follows when it has passed."""
