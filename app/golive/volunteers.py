"""The first volunteers, several in one answer; they vouch for the rest by text."""

import re

from app.golive import roster
from app.golive.roster import Kept
from app.golive.setup import Setup
from app.settings import Settings

STEP = "volunteers"
QUESTION = (
    "Who helps, and knows that you write them down here? Name and mobile phone, with commas between them, and duty "
    "behind whoever looks after the line with you: {example} duty. {first} Enter for nobody yet."
)
FIRST_TEXT = "Each gets a first text: who writes, why, and STOP; write quiet in front for none."
QUIET = re.compile(r"^\s*(quiet|en silencio)\b[\s:,]*", re.IGNORECASE)
MORE = (
    "More later: hotline person add, hotline person import for a spreadsheet, or they text JOIN and somebody texts "
    "VOUCH."
)
UNTOLD = "Tell them that you added them. What the hotline asks them first says who writes, and that STOP ends texts."


def run(setup: Setup, settings: Settings, *, reach: bool) -> None:
    """Ask once who helps; nobody is a fine answer for now. Their first texts go out where texts `reach` them."""
    dialog, wanted = setup.dialog, setup.given.welcome
    if STEP in setup.state.done and not setup.given.volunteers:
        return
    said = list(setup.given.volunteers)
    offers = reach and wanted is None and dialog.interactive and not said
    with setup.opened(settings) as database:
        ids: list[int] = []

        def read(words: str) -> Kept:
            nonlocal wanted
            if offers and words != "nobody":
                wanted = wanted is not False and QUIET.match(words) is None  # quiet once is quiet for all
            people = QUIET.sub("", words)
            rows, wrong = roster.read("" if people == "nobody" else people, settings.hotline_country)
            kept = roster.keep(setup, settings, database, rows)
            kept.refused += wrong
            ids.extend(kept.ids)
            if kept.names:
                dialog.say(f"In: {', '.join(kept.names)}.")
            if kept.refused:
                raise ValueError(f"{'; '.join(kept.refused)}. Write only these once more, or press Enter")
            return kept

        question = QUESTION.format(
            example=roster.example(settings, "Ana", "Ben", "Dee").split(", ", 1)[1],
            first=FIRST_TEXT if offers else "",
        )
        dialog.ask(
            " ".join(question.split()), "--volunteer", read, given=", ".join(said) if said else None, default="nobody"
        )
        if reach and ids and (wanted or (wanted is None and dialog.interactive)):
            setup.welcome(database, ids, wanted)
        elif ids:
            dialog.say(UNTOLD)
    dialog.say(MORE)
    setup.state.finish(STEP, setup.clock.now())
