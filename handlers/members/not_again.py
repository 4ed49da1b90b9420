"""A neighbor does not want somebody again: the two are never matched again, and the volunteer does not learn why."""

from collections.abc import Sequence

from handlers.asking import waves
from handlers.needs import choosing
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Act, Free
from handlers.understanding.words import clean, fold, split
from handlers.wording.summary import Said, brief
from models import assignments, kept_apart, offers, people, requests
from models.assignments import State as AssignmentState
from models.delivery import outbound
from models.offers import State as OfferState
from models.people import Person
from models.requests import Request

LOOKED_AT = 50  # of the last matches of a neighbor


def not_again(turn: Turn, intent: Free) -> Texts:
    """Not him again, don't send Ben again: by name one who has helped them, else whoever was the last."""
    helpers = assignments.helpers_of(turn.session, turn.speaker.id, LOOKED_AT)
    found = _named(helpers, intent.words)
    if not found and intent.act is Act.NOT_AGAIN:
        found = helpers[:1]
    if not found:
        yield turn.reply("not_again_whom")
    for helper in found:
        yield from _keep_apart(turn, helper, intent.words)


def _named(helpers: Sequence[Person], words: str) -> list[Person]:
    """Those whose first name is among the words; of several the last one, unless their number is said too."""
    said = {token.text for token in split(clean(words))}
    found = [person for person in helpers if person.name and fold(person.name).split()[0] in said]
    numbered = [person for person in found if str(person.id) in said]
    return numbered or found[:1]


def _keep_apart(turn: Turn, helper: Person, words: str) -> Texts:
    kept_apart.keep(turn.session, turn.line.id, turn.speaker.id, helper.id, turn.now)
    then = None
    texts: list[Text] = []
    for request in [*requests.live_of(turn.session, turn.speaker.id), *_merged(turn)]:
        offers.settle(turn.session, request.id, OfferState.SUPERSEDED, turn.now, person_id=helper.id)
        outbound.cancel_about(turn.session, helper.id, request.id, turn.now)
        again = _taken(turn, request, helper)
        if again is not None:
            if request.person_id != turn.speaker.id:  # theirs goes on as another neighbor's, who hears it too
                neighbor = people.by_id(turn.session, request.person_id)
                texts.append(turn.tell(neighbor, "helper_dropped", about=request, n=waves.asked(again)))
            then = Said("not_again_asks", {"number": request.number, "n": waves.asked(again)})
            texts += [turn.tell(helper, "moved_on", about=request), *again]
    for request in requests.live_of(turn.session, helper.id):  # nor does the neighbor go to them
        offers.settle(turn.session, request.id, OfferState.SUPERSEDED, turn.now, person_id=turn.speaker.id)
        outbound.cancel_about(turn.session, turn.speaker.id, request.id, turn.now)
        again = _taken(turn, request, turn.speaker)
        if again is not None:
            dropped = turn.tell(helper, "helper_dropped", about=request, n=waves.asked(again))
            texts += [turn.reply("moved_on", about=request), dropped, *again]
    yield turn.reply("not_again", name=turn.somebody(helper), then=then)
    name = turn.numbered(helper)
    told = turn.tell_duty("duty_not_again", but=turn.speaker.id, name=name, words=brief(words), who=helper.id)
    yield from (text for text in told if text.to.id != helper.id)
    yield from texts


def _merged(turn: Turn) -> list[Request]:
    """What goes on as another neighbor's."""
    return choosing.merged(turn, requests.numbers_merged(turn.session, turn.speaker.id))


def _taken(turn: Turn, request: Request, helper: Person) -> list[Text] | None:
    """The texts that ask others for what this volunteer had in hand; None if they had not."""
    holder = assignments.held_of(turn.session, request, helper.id, AssignmentState.ACTIVE)
    if holder is None:
        return None
    if not assignments.end(turn.session, holder[0], AssignmentState.RELEASED, turn.now):
        return None
    turn.unask(helper, request)
    turn.unask(turn.speaker, request)
    return waves.place_freed(turn, request, "reopened", by=turn.speaker.id)
