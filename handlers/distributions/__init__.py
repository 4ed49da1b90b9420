"""Distributions: announced by duty, households take a time, whoever is at the table says who has come."""
