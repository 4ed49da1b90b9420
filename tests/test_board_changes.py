"""What changed has its words on the board, and what the board suggests to propose is understood; in each language."""

import pytest
from markupsafe import escape

from app.hotline import Hotline
from app.pages import wording
from app.pages.board.proposals import EXAMPLES
from handlers.turn import Context
from handlers.views import proposals
from models import line_events, lines
from models.store.session import Session
from tests.test_board_rules import BEN
from tests.visiting import visitor

EVENTS: list[tuple[str, str, object, object, dict[str, str]]] = [
    (line_events.END, "", None, "2026-12-01T12:00:00+00:00", {"en": "The line ends on", "es": "La línea termina"}),
    (line_events.END, "", "2026-12-01T12:00:00+00:00", None, {"en": "The line does not end", "es": "La línea no"}),
    (line_events.ERASE, "", None, "2026-12-01T12:00:00+00:00", {"en": "Everybody is forgotten on", "es": "olvid"}),
    (line_events.SETTING, "greeting", "", "Hi there", {"en": "Greeting: from none to Hi there", "es": "Hi there"}),
    (line_events.SETTING, "currency", "USD", "EUR", {"en": "Currency of the purse: from USD to EUR", "es": "EUR"}),
    *(
        (line_events.HOST, name, None, 3, {"en": "", "es": ""})
        for name in (
            line_events.LINE_ADDED,
            line_events.RESTORED,
            line_events.ERASED,
            line_events.LIST_TAKEN_BACK,
            line_events.REQUESTS_IMPORTED,
            line_events.REQUESTS_TAKEN_BACK,
        )
    ),
]


@pytest.mark.parametrize("language", wording.languages())
def test_every_kind_of_change_has_its_words(hotline: Hotline, language: str) -> None:
    ben = visitor(hotline, BEN, "Ben", language=language).let_in()

    def write(session: Session) -> None:
        for kind, name, before, after, _ in EVENTS:
            line_events.record(session, 1, kind, name, hotline.clock.now(), before=before, after=after)
        for name in line_events.SETTINGS:
            line_events.record(session, 1, line_events.SETTING, name, hotline.clock.now(), before="x1", after="x2")

    hotline.database.write(write).result()
    shown = ben.get("/board/rules").text.partition('id="changes"')[2]
    for *_, said in EVENTS:
        assert said[language] in shown, said
    assert shown.count('<span class="number">H') >= len(EVENTS) + len(line_events.SETTINGS)
    assert shown.count("x1") == shown.count("x2") == len(line_events.SETTINGS)


@pytest.mark.parametrize("language", wording.languages())
def test_what_the_board_suggests_is_understood(hotline: Hotline, language: str) -> None:
    """Each example of what a proposal does by itself, and the words that take a change back, in each language."""
    words = wording.of(language)
    ben = visitor(hotline, BEN, "Ben", language=language)

    def read(session: Session) -> None:
        line = lines.by_id(session, 1)
        with line_events.recorded(session, line, hotline.clock.now()):
            line.rules = {**line.rules, "doors_per_day": 4}
            session.add(line)

    hotline.database.write(read).result()
    change = hotline.database.read(lambda s: line_events.latest(s, 1, 1)[0].id)
    examples = [words.say(f"proposals.example_{name}") for name in EXAMPLES]
    examples += [words.say("rules.undo_words", n=change)]

    def doing(session: Session) -> list[str]:
        context = Context(session, lines.by_id(session, 1), hotline.clock.now())
        return [*proposals.doing(context, examples)]

    assert hotline.database.read(doing) == examples
    page = ben.let_in().get("/board/proposals").text
    assert all(escape(each) in page for each in examples[:-1])
