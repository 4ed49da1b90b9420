"""The first volunteers, several in one answer; they vouch for the rest by text."""

from app.golive import roster
from app.golive.roster import Kept
from app.golive.setup import Setup
from app.settings import Settings

STEP = "volunteers"
MORE = (
    "More later: hotline person add, hotline person import for a spreadsheet, or they text JOIN and somebody texts "
    "VOUCH. Tell them that you added them: their first text says who writes, and that STOP ends texts."
)


def run(setup: Setup, settings: Settings) -> None:
    """Ask once who helps; nobody is a fine answer for now."""
    dialog = setup.dialog
    if STEP in setup.state.done and not setup.given.volunteers:
        return
    said = list(setup.given.volunteers)
    question = (
        "Who helps? Name and mobile phone, with commas between them, and duty behind whoever looks after the line "
        f"with you: {roster.example(settings, 'Ana', 'Ben', 'Dee').split(', ', 1)[1]} duty. Enter for nobody yet."
    )
    with setup.opened(settings) as database:

        def read(words: str) -> Kept:
            rows, wrong = roster.read("" if words == "nobody" else words, settings.hotline_country)
            kept = roster.keep(setup, settings, database, rows)
            kept.refused += wrong
            if kept.names:
                dialog.say(f"In: {', '.join(kept.names)}.")
            if kept.refused:
                raise ValueError(f"{'; '.join(kept.refused)}. Write only these once more, or press Enter")
            return kept

        dialog.ask(question, "--volunteer", read, given=", ".join(said) if said else None, default="nobody")
    dialog.say(MORE)
    setup.state.finish(STEP, setup.clock.now())
