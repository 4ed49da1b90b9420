"""Deciding together: what a conversation does not show. The conversations are tests/transcripts/proposal*.txt."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hotline import Hotline
from app.outbound import saying
from handlers import phrasebook, registry
from handlers.decisions import deciding, proposal_words
from handlers.decisions.proposal_words import Until
from handlers.phrasebook import Value
from handlers.turn import Context, Text
from handlers.understanding.arguments import Proposed
from handlers.understanding.intents import Answer, Order, Question, Role
from handlers.understanding.situation import KnownSituation
from handlers.wording import segments
from handlers.wording.summary import Name, Ours, Quoted, Said, Several
from models import lines, people, proposals
from models.lines import Channel
from models.people import Person
from models.proposals import Voice
from models.store.session import Session
from tests.fakes import StillClock

ASKED = KnownSituation(question=Question.PROPOSAL, options=2, roles=frozenset({Role.VOLUNTEER}))


def order(text: str, situation: KnownSituation | None = None) -> Order | None:
    intent = registry.understand(text, situation or KnownSituation()).intent
    return intent if isinstance(intent, Order) else None


@pytest.mark.parametrize(
    ("text", "command", "number", "note"),
    [
        ("AGREE 7", "agree", 7, ""),
        ("i agree with 7", "agree", 7, ""),
        ("i agree with proposal #7", "agree", 7, ""),
        ("estoy de acuerdo con la 7", "agree", 7, ""),
        ("de acuerdo 7", "agree", 7, ""),
        ("de acuerdo con la propuesta 7", "agree", 7, ""),
        ("apoyo la 7", "agree", 7, ""),
        ("ASIDE 7 no time", "aside", 7, "no time"),
        ("i stand aside on 7", "aside", 7, ""),
        ("me aparto de la 7 no puedo", "aside", 7, "no puedo"),
        ("i block 7 because it is too far", "block", 7, "because it is too far"),
        ("bloqueo 7: queda lejos", "block", 7, "queda lejos"),
        ("block 7 2 people would be left out", "block", 7, "2 people would be left out"),
        ("ASK 7 who pays?", "ask", 7, "who pays?"),
        ("pregunto por la 7 quien paga", "ask", 7, "quien paga"),
        ("AMEND 7 2 fridges, not one", "amend", 7, "2 fridges, not one"),
        ("enmiendo 7 dos neveras", "amend", 7, "dos neveras"),
        ("Block7 too far", "block", 7, "too far"),
    ],
)
def test_a_word_about_a_proposal(text: str, command: str, number: int, note: str) -> None:
    assert order(text) == Order(command, (number,), note)


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("PROPOSAL 7", False),
        ("PROPOSAL 7 OFF", True),
        ("withdraw proposal 7", True),
        ("propuesta 7 no", True),
        ("retiro la propuesta 7", True),
        ("show proposal 7", False),
        ("ver la propuesta 7", False),
    ],
)
def test_a_proposal_that_is_looked_at_or_taken_back(text: str, off: bool) -> None:
    found = order(text)
    assert found is not None
    assert (found.command, found.numbers, found.argument) == ("proposal", (7,), off)


@pytest.mark.parametrize(
    ("text", "words", "hours"),
    [
        ("PROPOSE we meet on Mondays", "we meet on Mondays", None),
        ("propose 2 weeks we meet on Mondays", "we meet on Mondays", 14 * 24),
        ("Propose: 5 days, a second fridge", "a second fridge", 5 * 24),
        ("propose 36h eggs", "eggs", 36),
        ("propose a day trip for the children", "a day trip for the children", None),
        ("PROPOSE 12 chairs for the pantry", "12 chairs for the pantry", None),
        ("PROPONGO 2 semanas una nevera", "una nevera", 14 * 24),
        ("propongo que compremos pan", "que compremos pan", None),
        ("propose 2 weeks", "", 14 * 24),
    ],
)
def test_what_is_proposed_and_for_how_long(text: str, words: str, hours: int | None) -> None:
    found = order(text)
    assert found is not None
    assert (found.command, found.argument) == ("propose", Proposed(words, hours))


@pytest.mark.parametrize(
    "text",
    [
        "ask ana if she needs milk",
        "block party on saturday, need chairs",
        "we agree that the pantry is great",
        "agree",
        "de acuerdo",
        "aside from that i need bread",
        "bloqueo de la calle, no puedo salir a comprar comida",
        "pregunta: tienen pañales?",
        "aparte necesito leche",
        "amend",
    ],
)
def test_without_a_number_these_are_ordinary_words(text: str) -> None:
    assert order(text) is None


@pytest.mark.parametrize(
    ("text", "command", "note"),
    [
        ("i agree", "agree", ""),
        ("block, too far for me", "block", "too far for me"),
        ("i block because it is too far", "block", "because it is too far"),
        ("stand aside", "aside", ""),
        ("estoy de acuerdo", "agree", ""),
    ],
)
def test_who_was_asked_need_not_say_the_number(text: str, command: str, note: str) -> None:
    assert order(text, ASKED) == Order(command, (), note)
    assert order("block party on saturday, need chairs", ASKED) is None
    assert order("ask ana if she needs milk", ASKED) is None


@pytest.mark.parametrize(
    ("text", "choice"), [("yes", 1), ("sí", 1), ("1", 1), ("no", 2), ("2", 2), ("de acuerdo", 1)]
)
def test_a_plain_yes_or_no(text: str, choice: int) -> None:
    intent = registry.understand(text, ASKED).intent
    assert isinstance(intent, Answer)
    assert intent.choice == choice


SENT = sorted(deciding.SHORT)


@pytest.mark.parametrize("language", phrasebook.languages())
@pytest.mark.parametrize("phrase", SENT)
def test_what_goes_to_all_is_one_segment(language: str, phrase: str, clock: StillClock) -> None:
    """However long its words, with a long name, a long reason, and what it does."""
    reader = Person(id=1, line_id=1, created_at=clock.now())
    values: dict[str, Value] = {
        "number": 120,
        "name": Name("Guadalupe"),
        "words": Quoted("we meet at the corner, ¿sí? " * 20),
        "does": Said("proposal_does", {"what": Ours("quiet hours: now 21-8, then 22-7")}),
        "until": Until(clock.now() + timedelta(days=20), "America/New_York", True),
        "agreed": 123,
        "aside": 12,
        "blocked": 12,
        "voices": 135,
        "needed": 123,
        "done": Said("proposal_done", {"what": Ours("quiet hours: now 21-8, then 22-7")}),
        "why": Said("proposal_whys", {"rows": Several([Ours("Guadalupe: " + "x" * 45)])}),
    }
    body = saying.said(
        phrasebook.book(language), Text(reader, phrase, values, short=deciding.SHORT[phrase]), Channel.SMS
    )
    assert segments.count(body) == 1
    assert '"we' in body


@given(words=st.text(min_size=1, max_size=200), most=st.integers(4, 80))
def test_words_are_cut_no_longer_than_is_said(words: str, most: int) -> None:
    said = proposal_words.cut(words, most).words
    assert len(said) <= most + 3
    assert words.startswith(said.removesuffix("...").rstrip()) or said == words


def test_what_cannot_be_read_is_taken_back(hotline: Hotline, clock: StillClock) -> None:
    """Whoever proposed it was erased, and its words with them: nobody decides on it."""

    def work(session: Session) -> None:
        line, now = lines.all_lines(session)[0], clock.now()
        ana, _ = people.get_or_create(
            session, line, Channel.SMS, "+12025550101", now, helper_since=now, vouched_at=now
        )
        session.flush()
        made = proposals.add(session, line, ana.id, "", now, language="en", hours=24)
        context = Context(session, line, now + timedelta(hours=25))
        assert [text.phrase for text in deciding.act(context)] == []
        assert made.state is proposals.State.WITHDRAWN
        assert not proposals.vote(session, made, ana.id, Voice.AGREE, now)
        assert deciding.next_moment(context) is None

    hotline.database.write(work).result()


def test_a_number_that_no_database_holds_is_unknown(hotline: Hotline) -> None:
    assert hotline.database.read(lambda session: proposals.by_number(session, 1, 2**40)) is None


def test_a_voice_counts_until_the_end_and_no_longer(hotline: Hotline, clock: StillClock) -> None:
    """The moment of the end is over: who comes then finds it closed, whether time has acted or not."""

    def work(session: Session) -> None:
        line, now = lines.all_lines(session)[0], clock.now()
        numbers = ("+12025550101", "+12025550102", "+12025550103")
        ana, ben, cy = (
            people.get_or_create(session, line, Channel.SMS, each, now, helper_since=now, vouched_at=now)[0]
            for each in numbers
        )
        session.flush()
        made = proposals.add(session, line, ana.id, "we meet", now, language="en", hours=24)
        end = now + timedelta(hours=24)
        assert proposals.vote(session, made, ben.id, Voice.BLOCK, end - timedelta(seconds=1), words="no")
        assert not proposals.vote(session, made, cy.id, Voice.AGREE, end)
        phrases = [text.phrase for text in deciding.act(Context(session, line, end))]
        assert phrases == ["proposal_blocked"] * 3
        assert [text.phrase for text in deciding.act(Context(session, line, end + timedelta(days=1)))] == []
        assert not proposals.vote(session, made, ben.id, Voice.AGREE, end)
        assert proposals.tally(session, made, line.policy) == proposals.Tally(1, 0, 1, 2)

    hotline.database.write(work).result()
