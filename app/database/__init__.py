"""Engines, the one writer, the migrations' runner."""
