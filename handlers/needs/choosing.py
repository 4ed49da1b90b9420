"""Which request somebody means: the numbers they typed, or the only one it can be."""

from collections.abc import Generator, Sequence

from handlers.turn import Context, Text, Turn
from handlers.wording.summary import Several, Verb
from models import kept_apart, requests
from models.requests import Outcome, Request


def chosen(
    turn: Turn, numbers: tuple[int, ...], among: Sequence[Request], verb: str, nothing: str
) -> tuple[list[Request], list[Text]]:
    """The requests meant, and what to say about those that cannot be.

    A number that we do not know and one that is not theirs get the same answer.
    """
    if not numbers:
        if len(among) == 1:
            return [among[0]], []
        if not among:
            return [], [turn.reply(nothing)]
        return [], [turn.reply("which_one", choices=Several([Verb(verb, r.number) for r in among], style="or"))]
    mine = {r.number: r for r in among}
    goes_on = {n: n if n in mine else _goes_on_as(turn, n) for n in numbers}
    found = [mine[n] for n in dict.fromkeys(goes_on.values()) if n in mine]
    texts = [turn.reply("unknown_number", number=n) for n in numbers if goes_on[n] not in mine]
    return found, texts


def known(turn: Turn, numbers: tuple[int, ...]) -> Generator[Text, None, list[Request]]:
    """The requests of the line that whoever is on duty named; says so for those that are not theirs to see."""
    if not numbers:
        yield turn.reply("which_number")
    found = []
    for number in numbers:
        request = requests.by_number(turn.session, turn.line.id, number)
        if request is None or kept_apart.hides(turn.session, request, turn.speaker.id):
            yield turn.reply("unknown_number", number=number)
        else:
            found.append(request)
    return found


def current(turn: Context, number: int) -> Request | None:
    """The line's request with this number, or the one that it was merged into: both numbers keep working."""
    request = requests.by_number(turn.session, turn.line.id, number)
    while request is not None and request.outcome is Outcome.MERGED and request.parent_request_id is not None:
        request = requests.by_id(turn.session, request.parent_request_id)
    return request


def merged(turn: Turn, numbers: Sequence[int]) -> list[Request]:
    """What goes on as another neighbor's, of the speaker's requests with these numbers."""
    found = []
    for number in numbers:
        theirs = requests.by_number(turn.session, turn.line.id, number)
        if theirs is None or theirs.person_id != turn.speaker.id or theirs.outcome is not Outcome.MERGED:
            continue
        kept = current(turn, number)
        if kept is not None and kept.live and kept.person_id != turn.speaker.id:
            found.append(kept)
    return found


def _goes_on_as(turn: Turn, number: int) -> int:
    request = current(turn, number)
    return request.number if request is not None else number
