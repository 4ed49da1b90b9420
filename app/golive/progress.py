"""How far it is, for `hotline golive --status`: what is done, what waits and since when."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.golive.setup import Setup, reader

STEPS = {
    "group": "who you are",
    "account": "your account at Twilio",
    "number": "the number that neighbors text",
    "place": "your country and clock",
    "address": "the address that leads here",
    "webhooks": "Twilio brings texts there",
    "settings": "the settings are kept",
    "registration": "carriers know your group",
    "test": "a text out and its answer in",
    "volunteers": "the first volunteers",
}
WAITS_FOR = {"registration": "the carriers, some two weeks in the US", "test": "a text from your phone"}
WIDTH = max(map(len, STEPS.values()))


def show(setup: Setup) -> None:
    """Every step in its order."""
    state, zone = setup.state, _zone(setup)
    if not state.done and not state.waits:
        setup.dialog.say("Nothing is set up yet by golive in this folder. Begin with: hotline golive")
        return
    for step, what in STEPS.items():
        if since := state.waits.get(step):
            how = f"waits since {_day(since, zone)} for {WAITS_FOR.get(step, 'you')}"
        elif since := state.done.get(step):
            how = f"done {_day(since, zone)}"
        else:
            how = "still to do"
        setup.dialog.show(f"{what:<{WIDTH}}  {how}")
    left = [step for step in STEPS if step not in state.done]
    setup.dialog.say("" if left else "All of it is done.", "hotline golive goes on, or looks again at everything.")


def _zone(setup: Setup) -> ZoneInfo:
    try:
        return ZoneInfo(reader("HOTLINE_TIMEZONE")(setup.value("HOTLINE_TIMEZONE") or "UTC"))
    except ValueError:  # somebody has written another into .env; golive itself says so
        return ZoneInfo("UTC")


def _day(stamp: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(stamp).astimezone(zone):%Y-%m-%d %H:%M}"
