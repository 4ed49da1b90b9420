"""Questions about us, answered honestly at once, whatever we were asking them ourselves."""

from collections.abc import Mapping

from handlers.asking import estimate
from handlers.needs import intake
from handlers.repeating import standing
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Act, Free
from handlers.wording.summary import Ours, Said
from models import requests
from models.requests import State

ANSWERS: Mapping[Act, str] = {  # in the order in which they are given, if somebody asks several
    Act.ASKS_AUTHORITIES: "about_authorities",
    Act.ASKS_PAPERS: "about_papers",
    Act.ASKS_COST: "about_cost",
    Act.ASKS_WHY_PLACE: "about_place",
    Act.ASKS_PRIVACY: "about_privacy",
    Act.ASKS_SAFETY: "about_safety",
    Act.ASKS_KINDS: "about_kinds",
    Act.ASKS_BOT: "about_bot",
    Act.ASKS_WHO: "about_who",
}
MOST = 2  # answers to one text, in one of ours


def answer(turn: Turn, intent: Free) -> Texts:
    """Is it free, who are you, who sees my number: as it is."""
    intake.speak(turn, intent.meaning)
    asked, line = [act for act in ANSWERS if act in intent.acts][:MOST], Ours(turn.line.name)
    then = _what_now(turn, intent)
    if len(asked) == MOST:
        first, last = ANSWERS[asked[0]], Said(ANSWERS[asked[-1]], {"line": line, "then": then})
        yield turn.reply("two_answers", first=Said(first, {"line": line, "then": None}), last=last)
    elif asked:
        yield turn.reply(ANSWERS[asked[0]], line=line, then=then)


def how_long(turn: Turn, intent: Free) -> Texts:
    """How long it takes: as long as it lately did, or honestly that we cannot say; and where theirs stands."""
    intake.speak(turn, intent.meaning)
    yield _estimate(turn)
    for request in turn.own:
        if request.state is State.OPEN:
            yield standing.of(turn, request)


def earlier(turn: Turn, intent: Free) -> Texts:
    """They texted before: what became of it, or that nothing came."""
    intake.speak(turn, intent.meaning)
    for request in turn.own:
        yield standing.of(turn, request)
    if turn.own or intent.beside is not None:
        return
    if last := requests.last_of(turn.session, turn.speaker.id):
        yield standing.of(turn, last)
    else:
        yield turn.reply("nothing_came")


def _what_now(turn: Turn, intent: Free) -> Said | None:
    """What do they need? Not of somebody who has said so, or who is there to help."""
    idle = not turn.own and not turn.speaker.helps and intent.beside is None
    return Said("what_now") if idle else None


def _estimate(turn: Turn) -> Text:
    """Of such things as they wait for; of everything, while they wait for nothing."""
    needs = [need for request in turn.own if request.state is State.OPEN for need in request.needs]
    lately = estimate.lately(turn, needs)
    return turn.reply("about_how_long", lately=lately) if lately else turn.reply("about_how_long_unknown")
