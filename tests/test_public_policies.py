"""Who sees what, and the terms: what carriers ask for, with the line's own figures."""

from pathlib import Path
from typing import Any

import pytest

from app.hotline import Hotline
from tests import fakes
from tests.test_public_pages import change, text_of
from tests.visiting import Visitor


@pytest.fixture
def somebody(twilio_hotline: Hotline) -> Visitor:
    """Somebody who looks at the pages of a hotline that is live."""
    return Visitor(twilio_hotline, "+12025550199")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"keep_words_days": 14}, "14 days after it is over"),
        (
            {"forget_days": 200, "forget_notice_days": 20},
            "until 200 days without a word of yours. Volunteers are asked 20",
        ),
        ({"doors_per_day": 4}, "Nobody sees more than 4 places in a day"),
        ({"doors_per_day": 0}, "until it is over; never your number. Somebody new"),
        ({"offer_shows": "street"}, "on which street or corner"),
        ({"offer_shows": "building"}, "or in which building"),
        ({"carrier_keeps_hours": 30}, "30 hours; then we have them deleted there"),
        ({}, "as long as that company keeps them"),
        ({}, "in which part of the neighborhood. Never a name, a number or a street."),
    ],
)
def test_who_sees_what_has_the_lines_own_figures(somebody: Visitor, rules: dict[str, Any], said: str) -> None:
    change(somebody.hotline, rules=rules)
    assert said in text_of(somebody.get("/privacy").text)
    assert somebody.get("/privacy?lang=es").status_code == 200


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"backup_keep_weekly": 2}, "up to 3 weeks more"),
        ({"backup_folder": "off"}, "as long as whoever runs our server"),
    ],
)
def test_backups_are_told_as_they_are_made(settings: dict[str, Any], said: str, tmp_path: Path) -> None:
    hotline = Hotline(fakes.settings(f"sqlite:///{tmp_path / 'hotline.db'}", **settings))
    hotline.prepare()
    assert said in text_of(Visitor(hotline, "").get("/privacy").text)
    hotline.stop()


def test_the_terms_say_what_carriers_ask_for(somebody: Visitor) -> None:
    change(
        somebody.hotline, name="Oak Street Neighbors", rules={"offers_per_day": 4, "quiet_from": 22, "quiet_until": 7}
    )
    terms, privacy = (text_of(somebody.get(path).text) for path in ("/terms", "/privacy"))
    for wanted in (
        "Oak Street Neighbors is a text message program",
        "You text us first",
        "Message frequency varies",
        "Message and data rates may apply",
        "Text STOP to (202) 555-0100",
        "Text HELP",
        "Text PERSON",
        "Carriers are not liable for delayed or undelivered messages",
        "will be shared with third parties or affiliates for marketing or promotional purposes",
        "at most 4 requests a day",
        "Between 10 PM and 7 AM",
        "call 911",
    ):
        assert wanted in terms, wanted
    for wanted in (
        "privacy policy of Oak Street Neighbors",
        "No mobile information will be shared with third parties or affiliates for marketing or promotional purposes",
        "opt-in data and consent will not be shared with any third parties",
        "As of ",
    ):
        assert wanted in privacy, wanted
    change(somebody.hotline, rules={"quiet_from": 8, "quiet_until": 8})
    assert "nobody is texted unasked" not in text_of(somebody.get("/terms").text)
