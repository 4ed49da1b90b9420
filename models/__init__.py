"""What is remembered: one module per noun, each with its table and all of its queries."""

from sqlmodel import SQLModel

from models import assignments, base, inbound, lines, offers, outbound, people, requests, senders

METADATA = SQLModel.metadata

__all__ = [
    "METADATA",
    "assignments",
    "base",
    "inbound",
    "lines",
    "offers",
    "outbound",
    "people",
    "requests",
    "senders",
]
