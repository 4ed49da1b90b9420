"""Whatever is pressed, under whatever text, and however late: nothing breaks, and no other request is touched."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app.hotline import Hotline
from handlers.understanding import button_ids
from handlers.understanding.intents import Need, Pressed, Verb
from models import assignments
from models.delivery.outbound import Outbound
from models.inbound import Heard, Inbound, Manner
from models.lines import Channel
from models.requests import Request
from models.store.session import Session
from tests.besieged import VOLUNTEERS, Besieged
from tests.fakes import WHATSAPP

ANA, EVE = "+12025550181", "+12025550182"
PEOPLE = (ANA, EVE, *VOLUNTEERS[:2])
MOST = 6  # requests that ids name; there are fewer at first, and more later
IDS = [
    *(Pressed(verb, n) for verb in (Verb.CLAIM, Verb.PASS) for n in range(1, MOST)),
    *(Pressed(Verb.RECEIPT, n, choice) for choice in button_ids.RECEIPTS for n in range(1, MOST)),
    *(Pressed(Verb.NEED, n, need) for need in (Need.FOOD, Need.PETS, Need.OTHER) for n in range(MOST)),
    *(Pressed(Verb.AREA, n, area) for area in ("1", "99") for n in range(1, MOST)),
]
SAYS = [f"{says} {n}" for says in ("CLAIM", "PASS", "ON IT", "SHOW", "YES", "NO", "TOMO") for n in range(1, MOST)]
FOREIGN = [*SAYS, "READ", "DUTY ON", "h9-claim-1", "h1-claim-", "\U0001f600", "", "x" * 200]
TITLES = ["Claim", "Yes", "No", "Pass", "Food", "", "3", "Oak Hill", "\U0001f44d", "need a ride from Elm St"]
PRESS = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from([*map(button_ids.write, IDS), *FOREIGN]),
    st.sampled_from(TITLES),
    st.integers(min_value=-2, max_value=40),  # which of our texts shows it; below zero: one that we do not know
    st.sampled_from([None, None, None, *Manner]),
)
SIDS = count(1)


@pytest.fixture
def line(hotline: Hotline) -> Besieged:
    """Neighbors who asked, and volunteers who have some of it in hand, all on WhatsApp."""
    found = Besieged(hotline)
    found.people()
    for words, by in (
        ("need food, 12 Oak St", ANA), ("CLAIM 1", VOLUNTEERS[0]), ("need a ride from Elm St", EVE), ("hi", ANA),
        ("need diapers", EVE),
    ):  # fmt: skip
        found.hotline.clock.advance(timedelta(minutes=1))
        found.say(words, by=by, channel=Channel.WHATSAPP)
    return found


def standing(line: Besieged) -> dict[int, tuple[str, str | None, int | None]]:
    """Where every request stands, and who has it."""

    def read(session: Session) -> dict[int, tuple[str, str | None, int | None]]:
        found: dict[int, tuple[str, str | None, int | None]] = {}
        for request in session.exec(select(Request)):
            holder = assignments.on(session, request)
            found[request.number] = (str(request.state), request.outcome, holder[1].id if holder else None)
        return found

    return line.hotline.database.read(read)


def text_of_ours(line: Besieged, which: int, to: str) -> tuple[str, int | None]:
    """The carrier's id of a text of ours to this phone, and the number of the request that it is about."""

    def work(session: Session) -> tuple[str, int | None]:
        rows = list(session.exec(select(Outbound).where(Outbound.to == to).order_by(col(Outbound.id))))
        if which < 0 or not rows:
            return f"SM{10**12 + which:032x}", None
        row = rows[which % len(rows)]
        row.sid = row.sid or f"SM{row.id:032x}"
        session.add(row)
        about = session.get(Request, row.request_id) if row.request_id else None
        return row.sid, about.number if about else None

    return line.hotline.database.write(work).result()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presses=st.lists(PRESS, min_size=1, max_size=5))
def test_a_button_never_acts_on_what_it_did_not_show(
    line: Besieged, presses: list[tuple[str, str, str, int, Manner | None]]
) -> None:
    for by, pressed, title, which, manner in presses:
        line.hotline.clock.advance(timedelta(minutes=1))
        sid, shown = text_of_ours(line, which, by)
        before = standing(line)
        heard = Heard(
            f"SM{10**6 + next(SIDS):032x}", Channel.WHATSAPP, by, WHATSAPP, title,
            replied_to=sid, pressed=pressed or None, manner=manner,
        )  # fmt: skip
        line.hotline.receive(heard).result()
        after = standing(line)
        changed = {number for number, stands in before.items() if after[number] != stands}
        button = button_ids.read(pressed)
        if button is not None and button.number and shown in (None, button.number):
            assert changed <= {button.number}, (pressed, title, shown)
            assert set(after) == set(before)
        elif pressed in SAYS and shown not in (None, int(pressed[-1])):  # of a template: its title is about `shown`
            assert manner is not None or changed <= {shown}, (pressed, title, shown)
        elif button is not None and button.number and title in ("Claim", "Pass", "Yes", "No") and manner is None:
            assert button.number not in changed, (pressed, title, shown)
    failed = select(Inbound.body).where(Inbound.intent == "failed")
    assert line.hotline.database.read(lambda s: s.exec(failed).first()) is None


def test_a_button_under_a_text_about_another_request_is_only_its_title(line: Besieged) -> None:
    """As after a restore that gave a number anew, or where somebody made the id up."""
    sid, shown = text_of_ours(line, -1, ANA)
    assert shown is None

    def offer(session: Session) -> str:
        row = session.exec(select(Outbound).where(Outbound.phrase == "offer", Outbound.to == VOLUNTEERS[2])).first()
        assert row is not None
        row.sid = sid
        session.add(row)
        about = session.get(Request, row.request_id or 0)
        assert about is not None
        return f"h1-claim-{3 - about.number}"

    other = line.hotline.database.write(offer).result()
    before = standing(line)
    heard = Heard("SM" + "e" * 32, Channel.WHATSAPP, VOLUNTEERS[2], WHATSAPP, "x", replied_to=sid, pressed=other)
    line.hotline.receive(heard).result()
    assert standing(line) == before
