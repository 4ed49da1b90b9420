"""Real classes that stand in for the machine's clock, its environment and the phone network."""

from typing import Any

from app.settings import Settings
from app.simulator.sandbox import LINE, MORNING, WHATSAPP, Recorder, StillClock, settings

__all__ = ["LINE", "MORNING", "WHATSAPP", "Recorder", "StillClock", "settings", "twilio_settings"]

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "the-token-of-today"
PREVIOUS = "the-token-of-yesterday"
PUBLIC = "https://hotline.example.org"


def twilio_settings(database_url: str, **more: Any) -> Settings:
    """Settings of a hotline whose carrier is Twilio."""
    twilio = {
        "public_url": PUBLIC,
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_auth_token_previous": PREVIOUS,
        "hotline_number": LINE,
        "hotline_whatsapp": WHATSAPP,
    }
    return settings(database_url, **{**twilio, **more})
