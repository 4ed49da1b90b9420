"""Who the group is: what it calls its line, and which language its neighbors speak."""

from babel import Locale

from app.golive.setup import Setup, reader
from handlers import phrasebook

STEP = "group"


def run(setup: Setup) -> None:
    """Ask for what is not known."""
    dialog = setup.dialog
    if name := setup.known("HOTLINE_NAME"):
        dialog.say(f"Your hotline is called {name}.")
    else:
        name = dialog.ask(
            "What is your hotline called? It stands at the beginning of texts; short is good. "
            "Such as: Oak Street Neighbors",
            "--name",
            _name,
            given=setup.given.values.get("HOTLINE_NAME"),
        )
        setup.state.learn(HOTLINE_NAME=name)
    if not (language := setup.known("HOTLINE_LANGUAGE")):
        spoken = ", ".join(f"{code} ({_called(code)})" for code in phrasebook.languages())
        language = dialog.ask(
            f"Which language do most of your neighbors speak? {spoken}. Whoever writes in another of these is "
            "answered in it all the same.",
            "--language",
            _language,
            given=setup.given.values.get("HOTLINE_LANGUAGE"),
            default=phrasebook.languages()[0],
        )
        setup.state.learn(HOTLINE_LANGUAGE=language)
    setup.state.finish(STEP, setup.clock.now())


def _name(said: str) -> str:
    if "${" in said:  # in .env that would stand for a variable
        raise ValueError("a name with ${ in it; write it without")
    return reader("HOTLINE_NAME")(said)


def _language(said: str) -> str:
    """A language by its code or its name."""
    for code in phrasebook.languages():
        if said.casefold() in (_called(code).casefold(), str(Locale.parse(code).get_display_name("en")).casefold()):
            return code
    return reader("HOTLINE_LANGUAGE")(said)


def _called(code: str) -> str:
    return phrasebook.book(code).name
