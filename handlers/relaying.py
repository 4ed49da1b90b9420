"""Words from one side of a request to the other. Neither side ever sees the other's number."""

from collections.abc import Sequence

from handlers.summary import Ours, Quoted, Said, Several, brief
from handlers.turn import Context, Text, Texts, Turn
from models import assignments, people, requests
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import TALKING, Request


def introduce(context: Context, request: Request, helper: Person, note: str = "") -> Texts:
    """Tell the neighbor who comes and by which word to know them, and ask for the door where we do not know it.

    A neighbor who texted STOP hears nothing, and the helper has to know.
    """
    name = context.somebody(helper)
    neighbor = people.by_id(context.session, request.person_id)
    request.duty_person_id = None  # from now on plain words go to the helper
    context.session.add(request)
    if neighbor.opted_out_at is not None:
        yield context.tell(helper, "asker_stopped", about=request)
        return
    yield context.tell(
        neighbor,
        "claimed",
        about=request,
        lane=Lane.SAFETY,
        name=name,
        code=Ours(request.code_word),
        note=Said("note_from_helper", {"note": Quoted(note)}) if note else None,
        door=Said("write_back" if request.place else "which_door", {"name": name}),
    )


def may_write(turn: Turn, request: Request) -> bool:
    """Whether the speaker is a side of this request: its neighbor, who holds it, or whoever is on duty."""
    if request.person_id == turn.speaker.id or turn.speaker.on_duty:
        return True
    holder = assignments.on(turn.session, request)
    return holder is not None and holder[1].id == turn.speaker.id and request.live


def pass_on(turn: Turn, request: Request, words: str, *, as_: str = "", told: str = "") -> Texts:
    """Carry words to the other side and say so; or say that they cannot get there, and tell duty.

    Each in words of its own, where the phrases `as_` and `told` say more.
    """
    if turn.heard.media and not words:
        yield turn.reply("no_pictures", about=request)
        return
    other, phrase = _other(turn, request) or (None, "")
    if other is None:
        yield from _to_duty(turn, request, words)
    elif other.opted_out_at is not None:
        yield from _out_of_reach(turn, request, words)
    else:
        yield turn.tell(
            other,
            as_ or phrase,
            about=request,
            lane=Lane.REPLY,
            name=turn.somebody(turn.speaker),
            words=Quoted(words),
        )
        name = turn.name(other) if other.id != request.person_id else None
        yield turn.reply(told or ("passed_on_to" if name else "passed_on"), about=request, name=name)


def to_which(turn: Turn, matches: Sequence[Request]) -> Text:
    """To whom shall it go? They talk with several."""
    return turn.reply("to_which", choices=Several([Ours(f"@{r.number}") for r in matches], style="or"))


def is_talk(turn: Turn, request: Request) -> bool:
    """Whether words about this request go to somebody of their own: else they go to everybody on duty."""
    return _other(turn, request) is not None


def _other(turn: Turn, request: Request) -> tuple[Person, str] | None:
    """Who hears what the speaker says about a request, and by which phrase; None if only duty can."""
    neighbor = people.by_id(turn.session, request.person_id)
    holder = assignments.on(turn.session, request) if request.state in TALKING else None
    if turn.speaker.id == request.person_id:
        desk = people.by_id(turn.session, request.duty_person_id) if request.duty_person_id else None
        if desk and desk.on_duty:  # whoever wrote last is who is answered: it may be about the helper
            return desk, "from_neighbor"
        return (holder[1], "from_neighbor") if holder else None
    if turn.speaker.on_duty and (holder is None or holder[1].id != turn.speaker.id):
        request.duty_person_id = turn.speaker.id  # somebody on duty speaks: the neighbor's next words go back to them
    else:
        request.duty_person_id = None
    turn.session.add(request)
    return neighbor, "from_helper"


def _to_duty(turn: Turn, request: Request, words: str) -> Texts:
    requests.record(turn.session, request, "wrote", turn.now, by=turn.speaker.id, words=words)
    texts = list(turn.tell_duty("duty_wrote", about=request, but=turn.speaker.id, words=brief(words)))
    yield turn.reply("passed_to_duty" if texts else "kept_for_duty", about=request)
    yield from texts


def _out_of_reach(turn: Turn, request: Request, words: str) -> Texts:
    """The other side texted STOP. Whoever is on duty may know another way to them."""
    requests.record(turn.session, request, "wrote", turn.now, by=turn.speaker.id, words=words)
    told = list(turn.tell_duty("duty_out_of_reach", about=request, but=turn.speaker.id, words=brief(words)))
    then = Said("duty_knows" if told else "duty_will_know")
    yield turn.reply("out_of_reach", about=request, then=None if turn.speaker.on_duty else then)
    yield from told
