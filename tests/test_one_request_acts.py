"""Every act on a request's page leaves what its text leaves: the same answers, texts to others and rows."""

from dataclasses import dataclass

import pytest

from app.hotline import Hotline
from app.pages.board import one_request
from tests.by_board import same
from tests.visiting import Visitor, visitor

ASKS = "Need groceries for two and rice, 214 Oak St apt 3"
OTHER = "Need groceries and bread, 77 Elm St"


@dataclass(frozen=True)
class Press:
    """What was texted before, by whom; who acts, the text, and the form that stands for it."""

    before: tuple[tuple[str, str], ...]
    who: str
    text: str
    fields: dict[str, str]
    number: int = 1

    def story(self, hotline: Hotline) -> Visitor:
        """Live through what went before; who acts, on the board."""
        cast = {
            "ana": visitor(hotline, "+12025550101", "Ana Lopez", helper=False),
            "zoe": visitor(hotline, "+12025550109", "Zoe"),
            "ben": visitor(hotline, "+12025550102", "Ben Carter"),
            "caro": visitor(hotline, "+12025550103", "Caro", language="es"),
            "dee": visitor(hotline, "+12025550104", "Dee Smith", duty=True),
            "gus": visitor(hotline, "+12025550106", "Gus", duty=True),
        }
        for who, words in self.before:
            cast[who].says(words)
        return cast[self.who].let_in()


ASKED = (("ana", ASKS),)
TAKEN = (*ASKED, ("ben", "CLAIM 1"))
DONE = (*TAKEN, ("ben", "DONE 1"))
HELD = (*ASKED, ("dee", "HOLD 1"))
TWO = (*ASKED, ("zoe", OTHER))
DANGER = (("ana", "help my father has a heart attack, 214 Oak St apt 3"),)
AT_HOME = (("ana", "my husband is hitting me"),)
PRESSES = {
    "claim": Press(ASKED, "ben", "CLAIM 1", {"act": "claim"}),
    "claim_note": Press(ASKED, "ben", "CLAIM 1 i come after 6", {"act": "claim", "words": " i come \n after 6"}),
    "claim_in_spanish": Press(ASKED, "caro", "TOMO 1 llego a las 6", {"act": "claim", "words": "llego a las 6"}),
    "claim_too_late": Press(TAKEN, "caro", "TOMO 1", {"act": "claim"}),
    "claim_on_duty": Press(ASKED, "dee", "CLAIM 1", {"act": "claim"}),
    "pass": Press(ASKED, "ben", "PASS 1", {"act": "pass"}),
    "omw": Press(TAKEN, "ben", "OMW 1", {"act": "omw"}),
    "done": Press(TAKEN, "ben", "DONE 1", {"act": "done"}),
    "drop": Press(TAKEN, "ben", "DROP 1", {"act": "drop", "words": ""}),
    "drop_why": Press(TAKEN, "ben", "DROP 1 flat tire", {"act": "drop", "words": "flat tire"}),
    "helper_writes": Press(TAKEN, "ben", "@1 is rice fine?", {"act": "relay", "words": "is rice fine?"}),
    "helper_writes_after": Press(DONE, "ben", "@1 it is by the door", {"act": "relay", "words": "it is by the door"}),
    "volunteer_asks": Press(ASKED, "ben", "@1 any allergies?", {"act": "relay", "words": "any allergies?"}),
    "neighbor_writes": Press(
        (("zoe", OTHER), ("ben", "CLAIM 1")), "zoe", "@1 thank you!", {"act": "relay", "words": "thank you!"}
    ),
    "neighbor_adds": Press((("zoe", OTHER),), "zoe", "MORE 1 and milk", {"act": "more", "words": "and milk"}),
    "neighbor_takes_back": Press((("zoe", OTHER),), "zoe", "NEVERMIND 1", {"act": "nevermind"}),
    "duty_writes": Press(ASKED, "dee", "@1 we look for somebody", {"act": "relay", "words": "we look for somebody"}),
    "duty_writes_while_taken": Press(TAKEN, "dee", "@1 all well?", {"act": "relay", "words": "all well?"}),
    "assign_by_name": Press(ASKED, "dee", "ASSIGN 1 Ben", {"act": "assign", "words": "Ben", "who": ""}),
    "assign_chosen": Press(ASKED, "dee", "ASSIGN 1 Ben Carter (3)", {"act": "assign", "who": "Ben Carter (3)"}),
    "assign_moves": Press(TAKEN, "dee", "ASSIGN 1 Caro (4)", {"act": "assign", "who": "Caro (4)"}),
    "assign_nobody": Press(ASKED, "dee", "ASSIGN 1 Nobody", {"act": "assign", "words": "Nobody"}),
    "open": Press(HELD, "dee", "OPEN 1", {"act": "open"}),
    "open_back": Press(TAKEN, "dee", "OPEN 1", {"act": "open"}),
    "hold": Press(ASKED, "dee", "HOLD 1", {"act": "hold"}),
    "merge": Press(TWO, "dee", "MERGE 2 1", {"act": "merge", "other": "1"}, number=2),
    "note": Press(ASKED, "dee", "NOTE 1 dogs in the yard", {"act": "note", "words": "dogs in the yard"}),
    "close": Press(ASKED, "dee", "CLOSE 1 the food bank went", {"act": "close", "words": "the food bank went"}),
    "close_while_taken": Press(TAKEN, "dee", "CLOSE 1 it is done", {"act": "close", "words": "it is done"}),
    "close_at_home": Press(AT_HOME, "dee", "CLOSE 1 she is safe", {"act": "close", "words": "she is safe"}),
    "on_it": Press(DANGER, "dee", "ON IT 1", {"act": "on_it"}),
    "false_alarm": Press(DANGER, "dee", "FALSE ALARM 1", {"act": "false_alarm"}),
}


@pytest.mark.parametrize("name", PRESSES)
def test_an_act_leaves_what_its_text_leaves(pair: tuple[Hotline, Hotline], name: str) -> None:
    press = PRESSES[name]
    path = f"/board/requests/{press.number}"
    same(pair, press.story, press.text, lambda who: who.submit(path, **press.fields))


def test_every_act_is_among_them() -> None:
    assert {press.fields["act"] for press in PRESSES.values()} == one_request.COMMANDS


@pytest.mark.parametrize("name", [name for name in PRESSES if name not in ("claim_too_late", "assign_nobody")])
def test_an_act_is_offered_where_it_can_be_done_and_its_answer_is_shown(hotline: Hotline, name: str) -> None:
    press = PRESSES[name]
    who = press.story(hotline)
    path = f"/board/requests/{press.number}"
    assert f'name="act" value="{press.fields["act"]}"' in who.get(path).text
    done = who.submit(path, **press.fields)
    assert done.status_code == 200, done.text
    assert 'class="notice"' in done.text
    assert "The answer:" in done.text or "La respuesta:" in done.text
