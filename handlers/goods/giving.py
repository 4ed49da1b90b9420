"""Somebody would give something, things or hours: kept, with what was understood, until when, and how it ends.

Anybody may: who asks today gives tomorrow. Whoever goes to a neighbor's door has to be vouched for first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from handlers import phrasebook
from handlers.asking import waves
from handlers.goods import pledge_words, pledging, things
from handlers.needs import intake, timing
from handlers.on_duty import reach_person
from handlers.turn import Text, Texts, Turn
from handlers.understanding import shift_words
from handlers.understanding.intents import Kind as Understood
from handlers.understanding.intents import Need, Question, Understanding
from handlers.understanding.lexicon import lexicons
from handlers.understanding.when.expression import HOURS, TimeExpression
from handlers.understanding.words import clean, split
from handlers.where import places
from handlers.wording import takes
from handlers.wording.summary import Lines, Ours, Said
from models import pledges, stock
from models.pledges import Kind, MatchState, Pledge, State
from models.requests import Request, Timing
from models.requests import State as RequestState

GOODS = frozenset((Need.FOOD, Need.WATER, Need.CLOTHING, Need.HOUSEHOLD, Need.BABY, Need.TOOLS, Need.MEDICINE))
BEFORE = 4  # words before a thing in which its number stands: "3 big bags of rice"
MOST = 99  # of one thing; a larger number is something else
KNOWN_PLACES = 2  # in a text
LONGEST_TEXT, LONGEST_PLACE = 600, 200
NIGHT = 24 * 60 - 1  # minutes


@dataclass(frozen=True)
class What:
    """What somebody gives, as far as their words tell."""

    kind: Kind
    needs: tuple[str, ...]
    thing: str
    things: frozenset[str]
    count: int | None

    @property
    def named(self) -> bool:
        """Whether they name anything: "happy to help" does not."""
        return bool(self.needs or self.things)


def read(words: str, meaning: Understanding) -> What:
    """What they give."""
    needs = tuple(str(need) for need in (meaning.needs or meaning.needs_if_asked) if need is not Need.OTHER)
    named = things.named(words)
    has = takes.tells(words, "gives_things")
    time = (takes.tells(words, "gives_time") and not has) or (needs and not named and GOODS.isdisjoint(needs))
    if time:
        return What(Kind.TIME, needs, "", frozenset(), None)
    return What(
        Kind.GOODS, needs, things.shown(words), named or (frozenset() if needs else _unknown(words)), _count(words)
    )


def _unknown(words: str) -> frozenset[str]:
    """A thing of which no list knows; what merely says "i want to help out" names none."""
    return things.unknown(words) if takes.tells(words, "gives_things") else frozenset()


def _count(words: str) -> int | None:
    """How many: the number before the thing."""
    tokens = split(clean(words))
    first = things.first(words)
    numbers = lexicons().every.numbers
    for token in reversed(tokens[max(first - BEFORE, 0) : first]):
        number = token.number if token.number is not None else numbers.get(token.text)
        if number is not None and 0 < number <= MOST:
            return number
    return 1 if 0 < first < len(tokens) and tokens[first - 1].text in _articles() else None


@cache
def _articles() -> frozenset[str]:
    """The words for one thing, in every language we speak."""
    pages = (phrasebook.book(code).pages for code in phrasebook.languages())
    return frozenset(word for page in pages for word in page["function_words"]["article"])


def offered(turn: Turn, words: str, meaning: Understanding) -> Texts:
    """They would give something: kept, and held against what waits; or a word on how to help."""
    intake.speak(turn, meaning)
    what = read(words, meaning)
    if not what.named:
        yield turn.later(turn.reply("offer_helper" if turn.speaker.helps else "offer_join"))
        return
    pledge = _keep(turn, words, meaning, what)
    given, until = pledge_words.to_giver(turn, pledge), pledge_words.until(turn, pledge.until)
    asks_where = takes.tells(words, "where_to")
    known = _known_places(turn, pledge) if asks_where else None
    yield turn.reply("pledge_kept", given=given, until=until, then=_then(turn, pledge))
    if known is not None:
        yield turn.reply("pledge_places", rows=known)
    elif asks_where:
        yield from reach_person.question(turn, words)


def wants_in(turn: Turn, words: str, meaning: Understanding) -> bool:
    """Whether they would be a volunteer, and name nothing else that they give: "how do i sign up to help"."""
    if meaning.kind is not Understood.OFFER or meaning.danger or turn.matches or turn.asked is not None:
        return False
    return not turn.speaker.helps and takes.tells(words, "wants_in") and not read(words, meaning).named


def ended(turn: Turn, words: str) -> list[Pledge]:
    """What of theirs these words say is gone: "i no longer have the stroller"; nothing of who offers nothing.

    Of who does, "ya no tengo comida" is a need like anybody's where it is no food that they offer.
    """
    if not takes.tells(words, "gives_no_more"):
        return []
    own, named = pledges.of(turn.session, turn.speaker.id), things.named(words)
    return [each for each in own if named.intersection(each.things)]


def is_named(words: str, meaning: Understanding) -> bool:
    """Whether somebody would give something that they name."""
    return meaning.kind is Understood.OFFER and read(words, meaning).named


def has_own(words: str, own: Iterable[Request]) -> Request | None:
    """What of their own open requests is this very thing: "got the stroller" is no offer of one."""
    named = things.named(words)
    fit = (r for r in own if r.state is RequestState.OPEN and named.intersection(things.named(r.text)))
    return next(fit, None)


def so_they_have_it(turn: Turn, request: Request) -> Texts:
    """They say that they have what they asked for: the end of it where it was kept for them, else asked."""
    if kept_for(turn, request):
        yield from waves.fulfilled(turn, request)
    else:
        turn.ask(turn.speaker, Question.STILL_NEEDED, request, options=2)
        yield turn.reply("so_you_have_it", about=request)


def says_it_came(turn: Turn, words: str, own: Iterable[Request]) -> Request | None:
    """What of theirs was kept for them and is there now, as they say; None where they say no such thing."""
    if not takes.tells(words, "has_it"):
        return None
    return next((r for r in own if r.state is RequestState.OPEN and kept_for(turn, r)), None)


def kept_for(turn: Turn, request: Request) -> bool:
    """Whether a giver has promised it to them, or some is kept for them of what the group has."""
    if stock.of_request(turn.session, request.id):
        return True
    matched = pledges.matched(turn.session, request.id)
    return any(found.state in (MatchState.PROMISED, MatchState.TAKEN) for found, _ in matched)


def end(turn: Turn, pledge: Pledge, words: str = "") -> Text:
    """It is on offer no more; where these words name only some of several things, the others still are."""
    gone = things.named(words)
    left = [name for name in pledge.thing.split(", ") if gone and not things.named(name) & gone]
    if left and {*pledge.things} - gone:
        pledge.thing, pledge.things = ", ".join(left), sorted({*pledge.things} - gone)
        pledge.count = pledge.left = None  # a number was of what they named first
        pledge.changed_at = turn.now
        turn.session.add(pledge)
        return turn.reply("pledge_part_ended", given=pledge_words.to_giver(turn, pledge))
    given = pledge_words.to_giver(turn, pledge)
    pledges.end(turn.session, pledge, State.WITHDRAWN, turn.now)
    return turn.reply("pledge_ended", given=given)


def _then(turn: Turn, pledge: Pledge) -> Said | None:
    """What comes next for whoever is no volunteer yet."""
    if turn.speaker.helps:
        return None
    if turn.speaker.helper_since is not None:
        return Said("pledge_vouched_first") if pledge.kind is Kind.TIME else None
    return Said("pledge_join_first" if pledge.kind is Kind.TIME else "pledge_join")


def _known_places(turn: Turn, pledge: Pledge) -> Lines | None:
    """Where the group takes such things, as far as it has written down."""
    found = turn.line.help_for(pledge.needs, turn.speaker.speaks(turn.line))[:KNOWN_PLACES]
    return Lines([Ours(each.words) for each in found]) if found else None


def _keep(turn: Turn, words: str, meaning: Understanding, what: What) -> Pledge:
    """Keep it; the same said again is the same, with what they say now."""
    until = _until(turn, meaning.when, words, what.kind)
    area = places.find(meaning.place or words, turn.areas)
    days, begins, ends = _hours(words, meaning.when) if what.kind is Kind.TIME else ([], None, None)
    values: dict[str, Any] = {
        "text": words[:LONGEST_TEXT],
        "thing": what.thing,
        "needs": list(what.needs),
        "things": sorted(what.things),
        "days": days,
        "begins": begins,
        "ends": ends,
        "until": until,
        "language": turn.speaker.speaks(turn.line),
    }
    if area is not None:
        values["area_id"] = area.id
    if meaning.place:
        values["vicinity" if meaning.public else "place"] = meaning.place[:LONGEST_PLACE]
    own = pledges.of(turn.session, turn.speaker.id)
    same = (
        each for each in own if (each.kind, each.needs, each.things) == (what.kind, values["needs"], values["things"])
    )
    known = next(same, None)
    if known is not None:
        pledges.renew(turn.session, known, turn.now, count=what.count, **values)
        return known
    who, soon = (turn.line.id, turn.speaker.id), turn.now + 2 * turn.pause  # once they have read that it is kept
    return pledges.keep(turn.session, *who, turn.now, kind=what.kind, count=what.count, next_at=soon, **values)


def _until(turn: Turn, when: TimeExpression | None, words: str, kind: Kind) -> datetime:
    """Until when, where they say so: "until friday", "this week"; else as long as the line keeps such things."""
    said = timing.until(turn, when, words) if when is not None and when.timing is Timing.BEFORE else None
    return said if said is not None and said > turn.now else pledging.lasts(turn, kind)


def _hours(words: str, when: TimeExpression | None) -> tuple[list[int], int | None, int | None]:
    """On which days of the week, and at which hours."""
    said = shift_words.read(words)
    begins, ends = said.begins, said.ends
    if begins is None and when is not None and when.part is not None:
        since, until = HOURS[when.part]
        begins, ends = since * 60, min(until * 60, NIGHT)
    return sorted(said.days), begins, ends
