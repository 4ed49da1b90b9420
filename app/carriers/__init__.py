"""Whoever carries texts, one folder a carrier. To add one, write its folder and give it a row in `CARRIERS`."""

from app.carriers.base import Carrier
from app.carriers.simulator import Simulator
from app.carriers.twilio.carrier import Twilio
from app.settings import Settings

CARRIERS: tuple[type[Carrier], ...] = (Twilio,)  # the first that the settings describe is the one


def is_simulated(settings: Settings) -> bool:
    """Whether the simulator is the carrier, found out without connecting to anybody."""
    return not any(carrier.is_set_up(settings) for carrier in CARRIERS)


def carrier_for(settings: Settings) -> Carrier:
    """The first carrier that the settings set up; the simulator if there is none."""
    return next((carrier.from_settings(settings) for carrier in CARRIERS if carrier.is_set_up(settings)), Simulator())
