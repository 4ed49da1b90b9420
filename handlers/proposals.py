"""Deciding together by text: what is proposed, and what people say to it."""
