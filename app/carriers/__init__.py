"""Whoever carries texts, one folder a carrier. To add one, write its folder and give it a row in `CARRIERS`."""

from app.carriers.base import Carrier
from app.carriers.simulator import Simulator
from app.carriers.twilio.carrier import Twilio
from app.settings import Settings

CARRIERS = (Twilio,)


def carrier_for(settings: Settings) -> Carrier:
    """The first carrier that the settings set up; the simulator if there is none."""
    found = (carrier.from_settings(settings) for carrier in CARRIERS)
    return next((carrier for carrier in found if carrier is not None), None) or Simulator()
