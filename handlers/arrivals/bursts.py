"""A burst: what one person says in several texts within seconds is read as the one text that it is.

Each text is taken in and acted on by itself, so nothing waits in memory and nothing gets lost; what waits is the
answer (`intake.next_step`, `Turn.later`). Until it leaves, what is said next changes it.
"""

from dataclasses import replace

from handlers.needs import intake, timing
from handlers.repeating import recurring
from handlers.turn import Turn
from handlers.understanding import needs
from handlers.understanding.intents import Free, Kind, Need, Understanding
from handlers.understanding.parts import in_order, together
from handlers.understanding.words import fold
from handlers.where import places, whereabouts
from models import requests
from models.requests import Request

MOST_READ = 20  # texts of a burst that are also read one by one


def read(text: str) -> Understanding:
    """What the texts of a burst say together, each on a line of its own."""
    lines = text.split("\n")
    if len(lines) == 1:
        return needs.understand(text)
    whole = needs.understand(together(lines))
    if whole.exact:
        return whole
    # A place may be clearer by itself: "desde el viernes", "20 pine st".
    pieces = [needs.understand(part.words) for part in in_order(lines)[-MOST_READ:]]
    named = sorted((piece for piece in pieces if piece.place), key=lambda piece: not piece.exact)
    if not named or (whole.place and not named[0].exact):
        return whole
    return replace(whole, place=named[0].place, exact=named[0].exact, public=named[0].public)


def with_lost(turn: Turn, intent: Free) -> Free:
    """These words together with those right before them that were not understood, where that says more."""
    if turn.burst is None or not turn.burst.words or turn.own or turn.held:
        return intent
    words = "\n".join([*turn.burst.words, intent.words])
    whole = read(words)
    if whole.kind is Kind.ASK or whole.danger is not None:
        return replace(intent, words=words, meaning=whole)
    if intent.meaning.kind is Kind.ASK:
        return replace(intent, words=words)
    return intent if whole.kind is Kind.OTHER else replace(intent, meaning=whole)


def gathering(turn: Turn, meaning: Understanding) -> Request | None:
    """The request of theirs to which these words belong, for we have not answered yet; None if there is none.

    Something else, needed somewhere else, is a request of its own.
    """
    draft = intake.draft_of(turn)
    if draft is None or not intake.is_gathering(turn, draft):
        return None
    something_else = meaning.kind is Kind.ASK and meaning.needs and draft.needs
    if something_else and not set(draft.needs) & {*meaning.needs, Need.OTHER} and _elsewhere(turn, draft, meaning):
        return None
    return draft


def _elsewhere(turn: Turn, draft: Request, meaning: Understanding) -> bool:
    """Whether words name another place than the request has."""
    known = [fold(each) for each in (draft.place, draft.vicinity) if each]
    if meaning.place is not None and known:
        said = fold(meaning.place)
        return not any(each in said or said in each for each in known)
    area = places.find(turn.heard.body, turn.areas)
    return area is not None and draft.area_id not in (None, area.id)


def join(turn: Turn, draft: Request, words: str, whole: Understanding) -> bool:
    """Add these words to a request, of which all say this `whole`; False if it was answered in this very moment."""
    if not requests.postpone(turn.session, draft, turn.answered_at):
        return False
    before = read(draft.text)
    requests.add_words(turn.session, draft, words, turn.now, by=turn.speaker.id)
    draft.language = intake.speak(turn, whole)
    draft.needs = _needs(draft, before, whole)
    draft.people = whole.people or draft.people
    if whole.helpers:
        draft.helpers_wanted = min(whole.helpers, turn.line.policy.helpers_most)
    draft.urgency = whole.urgency or draft.urgency
    timing.note(turn, draft, whole.when)
    recurring.note(turn, draft, whole.repeats)
    _locate(turn, draft, words, before, whole)
    return True


def _needs(draft: Request, before: Understanding, whole: Understanding) -> list[str]:
    """What they need by all of their words, beside what they chose from our list."""
    said = _said(whole)
    chosen = [need for need in draft.needs if need not in _said(before)]
    together_ = dict.fromkeys([*chosen, *map(str, said)])
    return [need for need in together_ if need != Need.OTHER] or list(together_)


def _said(meaning: Understanding) -> tuple[Need, ...]:
    return meaning.needs if meaning.kind is Kind.ASK else meaning.needs_if_asked


def _locate(turn: Turn, draft: Request, words: str, before: Understanding, whole: Understanding) -> None:
    """Where it is by all of their words; a place that they were asked for may go on in the next ones."""
    old, shared = draft.place or draft.vicinity, turn.heard.location
    if old is None or (before.place or "").startswith(old):
        draft.place = draft.vicinity = None
        whereabouts.locate(draft, together(draft.text.split("\n")), whole, turn.areas, shared)
        return
    longer = needs.understand(together([old, words]))
    if longer.place and len(longer.place) > len(old) and fold(old) in fold(longer.place):
        draft.place = draft.vicinity = None
        whereabouts.locate(draft, words, longer, turn.areas, shared)
    elif not draft.place and (shared or whole.exact):
        draft.place = shared or whole.place
