"""Exact places: whom they are shown to, and how many a day. Whoever has a request without it sees what offers say.

The neighbor says by a digit whether a newcomer may see it, or writes it to them; duty gives it by ASSIGN.
"""

from typing import NamedTuple

from handlers.talking import passing
from handlers.turn import DAY, Context, Texts, Turn
from handlers.understanding.intents import Answer, Question
from handlers.where import pins, vicinity
from handlers.wording import summary
from handlers.wording.summary import Said, Sight
from models import assignments, kept_apart, people, person_events, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.people import Person
from models.requests import Request

YES, NO = 1, 2
TELLS_DUTY = 3  # places beyond the figure in a day, at which duty hears of it


class Shown(NamedTuple):
    """What somebody may read of where it is: the place, or what is said in its stead; and the neighbor's words."""

    place: Said | None
    words: Said | None
    hidden: bool = False


NOTHING = Shown(None, None)


def whole(request: Request) -> Shown:
    """All of it, for who asked for it."""
    return Shown(summary.at_place(request), summary.they_wrote(request))


def show(
    context: Context, request: Request, person: Person, held: Assignment | None = None, *, told: bool = False
) -> tuple[Shown, Texts]:
    """The door, if they may see it, which is then written down; and what duty hears of who asks for too many.

    `held` is theirs, if they have it in hand; it need not be started yet. With `told` somebody said that they may.
    """
    if held is not None and held.place_shown_at is not None:
        return whole(request), iter(())
    if not withheld(context, request):
        return whole(request), iter(())
    why = None if told else _refused(context, request, person)
    if why is None:
        allow(context, request, person, held)
        return whole(request), iter(())
    return _instead(request, why), _to_duty(context, request, person) if why == "door_enough" else iter(())


def show_on_duty(context: Context, request: Request, person: Person) -> tuple[Shown, Texts]:
    """The same for SHOW: of danger everything, for whoever is on duty has been told that already."""
    if request.in_danger:
        return whole(request), iter(())
    shown, texts = show(context, request, person)
    return shown._replace(place=Said("door_on_duty")) if shown.hidden else shown, texts


def look(context: Context, request: Request, person: Person, held: Assignment | None = None) -> Shown:
    """What they see without asking for the door, which uses up nothing: the place if it was shown to them already.

    Without a request `held` in hand, as whoever is on duty sees it again for a day.
    """
    seen = not withheld(context, request) or (held is not None and held.place_shown_at is not None)
    if not seen and held is None:
        seen = request.in_danger or (
            request.id in person_events.places(context.session, person.id, person_events.SAW_PLACE, context.now - DAY)
            and _refused(context, request, person) is None
        )
    if seen:
        return whole(request)
    return Shown(None, summary.partly_wrote(request), hidden=True)


def withheld(context: Context, request: Request) -> bool:
    """Whether the neighbor said where it is, in words that the line does not tell to strangers."""
    told = vicinity.of(request, context.line.policy.offer_shows)
    if request.place is not None or (request.vicinity is not None and request.vicinity != told):
        return True
    return vicinity.tells_place(request.text, told=told)


def sight(context: Context, request: Request, held: Assignment) -> Sight:
    """How much of the place whoever has a request in hand reads in a summary of it."""
    shown = held.place_shown_at is not None or not withheld(context, request)
    return Sight.NEAR if shown else Sight.ANYBODY


def sight_of_speaker(turn: Turn, request: Request) -> Sight:
    """How much of the place whoever asks about a request reads in a summary of it."""
    if request.person_id == turn.speaker.id:
        return Sight.NEAR
    held = next((assignment for assignment, r in turn.held if r.id == request.id), None)
    seen = turn.speaker.on_duty and not kept_apart.hides(turn.session, request, turn.speaker.id)
    on_duty = turn.sight_on_duty(request, turn.speaker) if seen else Sight.ANYBODY
    return on_duty if held is None or on_duty is Sight.NEAR else sight(turn, request, held)


def again(request: Request, held: Assignment) -> Said | None:
    """The door once more, for whoever has seen it and still has the request."""
    return summary.at_place(request) if held.place_shown_at is not None else None


def asks(context: Context, request: Request, person: Person, held: Assignment) -> Said | None:
    """What a neighbor is asked when a newcomer comes who has not seen the door; None where nothing is to be asked."""
    if held.place_shown_at is not None or not context.is_newcomer(person):
        return None
    name = {"name": context.somebody(person), "sees": _sees(context, request)}
    if request.place is None:
        return Said("which_door_new", name)
    neighbor = people.by_id(context.session, request.person_id)
    free = context.ask_if_free(neighbor, Question.DOOR, request, options=NO)
    return Said("door_new_asks" if free else "door_new_writes", name)


def answered(turn: Turn, intent: Answer) -> Texts:
    """The neighbor says whether whoever comes may see the door."""
    about = turn.asked.request_id if turn.asked else None
    request = requests.by_id(turn.session, about) if about is not None else None
    holder = _who_asks(turn, request) if request is not None else None
    turn.unask(turn.speaker)
    if request is None or holder is None:
        yield turn.reply("nothing_waits")
    elif intent.choice == YES:
        yield turn.reply("door_told", about=request, name=turn.somebody(holder[1]))
        yield from give(turn, request, *holder)
    else:
        yield turn.reply("door_kept", about=request, name=turn.somebody(holder[1]), sees=_sees(turn, request))


def _who_asks(turn: Turn, request: Request) -> tuple[Assignment, Person] | None:
    """Who has it and has not seen the door; of several the last to come, of whom the neighbor was asked last."""
    if not request.several:
        return assignments.on(turn.session, request, AssignmentState.ACTIVE)
    crew = assignments.all_on(turn.session, request)
    return next((pair for pair in reversed(crew) if pair[0].place_shown_at is None), None)


def give(context: Context, request: Request, held: Assignment, person: Person) -> Texts:
    """Somebody has said that they may see it: they do now."""
    if held.place_shown_at is None:
        allow(context, request, person, held)
        place, words = summary.at_place(request) or summary.at_street(request), summary.they_wrote(request)
        yield context.tell(person, "door_given", about=request, place=place, words=words)
        yield from passing.follow(context, request, person, held)
        yield from pins.shown(context, request, person)


def allow(context: Context, request: Request, person: Person, held: Assignment | None) -> None:
    """They have seen it, and may see it again while they have it."""
    if held is not None:
        held.place_shown_at = context.now
        if held.id is not None:
            assignments.change(context.session, held, place_shown_at=context.now)
    person_events.record(
        context.session, context.line.id, person.id, person_events.SAW_PLACE, context.now, request_id=request.id
    )


def written(context: Context, request: Request, person: Person, words: str) -> Assignment | None:
    """The neighbor writes to whoever has it: if that is the door, they know it now, and theirs is returned."""
    holder = assignments.held_of(context.session, request, person.id, AssignmentState.ACTIVE)
    place, said = (request.place or request.vicinity or "").casefold(), words.casefold().strip(" .!")
    if holder is None or holder[0].place_shown_at is not None or not place:
        return None
    if place not in said and said not in place:
        return None
    allow(context, request, person, holder[0])
    return holder[0]


def _refused(context: Context, request: Request, person: Person) -> str | None:
    """The phrase for why they do not see it; None if they do."""
    if context.is_newcomer(person):
        return "door_new"
    most = context.line.policy.doors_per_day
    seen = person_events.places(context.session, person.id, person_events.SAW_PLACE, context.now - DAY)
    return "door_enough" if most and len(seen) >= most and request.id not in seen else None


def _instead(request: Request, why: str) -> Shown:
    return Shown(Said(why), summary.partly_wrote(request), hidden=True)


def _sees(context: Context, request: Request) -> Said:
    """What whoever does not see the exact place sees of it: what an offer says."""
    where = context.what(request).where
    return Said("sees_only", {"place": where}) if where else Said("sees_nothing")


def _to_duty(context: Context, request: Request, person: Person) -> Texts:
    """Whoever asks for several more than anybody needs in a day: duty hears of it once."""
    before = person_events.places(context.session, person.id, person_events.NO_PLACE, context.now - DAY)
    if request.id in before:
        return
    person_events.record(
        context.session, context.line.id, person.id, person_events.NO_PLACE, context.now, request_id=request.id
    )
    if len(before) + 1 == TELLS_DUTY:
        most = context.line.policy.doors_per_day
        name = context.numbered(person)
        yield from context.tell_duty("duty_many_places", but=person.id, name=name, n=most, who=person.id)
