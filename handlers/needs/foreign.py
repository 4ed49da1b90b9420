"""Whoever writes in a language that we do not speak: answered in it with one line, and their words kept.

What we understand of it (danger, a few needs, numbers, an address) goes the way of any request; the rest goes to
whoever is on duty. The language stays theirs until they write in one that we speak.
"""

from dataclasses import replace

from handlers import phrasebook
from handlers.needs import intake, interpreting
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Courtesy, Understanding
from handlers.where import whereabouts
from handlers.wording.summary import Tongue
from models import events, requests
from models.requests import TALKING, Request, State

ENOUGH = 3  # words beside the place; in fewer ("ok", "14 Oak St") nobody has changed their language
WAITING = (State.DRAFT, State.HELD, State.OPEN)


def meant(turn: Turn, words: str, meaning: Understanding) -> Understanding | None:
    """What a text says in a language that we do not speak, its own or its author's; None if in one that we do.

    Then its author is answered in that one from now on.
    """
    theirs = turn.speaker.language
    if meaning.language in phrasebook.unspoken():
        polite = meaning.courtesy and theirs in phrasebook.languages()  # "merci" among English is no French
        return None if polite else meaning
    if theirs not in phrasebook.unspoken():
        return None
    said = len(words.split()) - len((meaning.place or "").split())
    if meaning.language in phrasebook.languages() and said >= ENOUGH:
        intake.speak(turn, meaning)
        return None
    return replace(meaning, language=theirs)


def is_talk(matches: list[Request]) -> bool:
    """Whether the author of a text is talking with somebody, who gets the words as they are."""
    return any(r.state in TALKING or r.duty_person_id is not None for r in matches)


def heard(turn: Turn, words: str, meaning: Understanding) -> Texts:
    """Take down what was understood, and let a person read the rest."""
    turn.unask(turn.speaker)
    language = intake.speak(turn, meaning)
    waiting = [r for r in turn.own if r.state in WAITING and not r.emergency]
    if meaning.courtesy:
        yield turn.reply("welcome" if meaning.courtesy is Courtesy.THANKS else "foreign_write")
    elif not waiting:
        yield from intake.begin(turn, words, meaning)
    else:
        yield from _added(turn, waiting[-1], words, replace(meaning, language=language))


def _added(turn: Turn, request: Request, words: str, meaning: Understanding) -> Texts:
    """More words about what they asked for: with them it may be clear what is needed and where."""
    lacked = intake.lacks(request)
    if not request.needs:
        request.needs = [str(need) for need in meaning.needs]
    if not whereabouts.known(request):
        whereabouts.locate(request, words, meaning, turn.areas, turn.heard.location)
    request.people = request.people or meaning.people
    request.urgency = request.urgency or meaning.urgency
    request.language = meaning.language or request.language
    requests.add_words(turn.session, request, words, turn.now, by=turn.speaker.id)
    clear = lacked and not intake.lacks(request)
    if clear and (request.state is State.DRAFT or _taken_back(turn, request)):
        yield from intake.put_out(turn, request)
    else:
        yield from interpreting.hold(turn, request, words)


def _taken_back(turn: Turn, request: Request) -> bool:
    """A request that was kept for a person to read is clear now, and needs none."""
    if events.last_event(turn.session, request, "untranslated", "wants_person") != "untranslated":
        return False  # it waits for a person for another reason
    return requests.move(
        turn.session, request, State.DRAFT, turn.now, kind="understood", out_of=(State.HELD,), by=turn.speaker.id
    )


def named(turn: Turn, code: str) -> Texts:
    """Somebody names a language that we do not speak: a volunteer has it too, anybody else writes in it."""
    speaker = turn.speaker
    if speaker.helper_since is not None and "?" in turn.heard.body:
        yield turn.reply("not_understood")
        return
    speaker.languages = sorted({*(speaker.languages or [speaker.speaks(turn.line)]), code})
    turn.session.add(speaker)
    if speaker.helper_since is not None:
        yield turn.reply("speaks_too", language=Tongue(code))
        return
    speaker.language = code
    yield turn.reply("foreign_write")
