"""Words from one side of a request to the other. Neither side ever sees the other's number."""

from handlers.summary import Said, brief
from handlers.turn import Context, Text, Texts, Turn
from models import assignments, people, requests
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import TALKING, Request


def introduce(context: Context, request: Request, helper: Person, note: str = "") -> Text:
    """Tell the neighbor who comes and by which word to know them, and ask for the door where we do not know it."""
    name = helper.first_name or Said("a_neighbor")
    request.duty_person_id = None  # from now on plain words go to the helper
    context.session.add(request)
    return context.tell(
        people.by_id(context.session, request.person_id),
        "claimed",
        about=request,
        lane=Lane.SAFETY,
        name=name,
        code=request.code_word,
        note=Said("note_from_helper", {"note": note}) if note else "",
        door=Said("write_back" if request.place else "which_door", {"name": name}),
    )


def may_write(turn: Turn, request: Request) -> bool:
    """Whether the speaker is a side of this request: its neighbor, who holds it, or whoever is on duty."""
    if request.person_id == turn.speaker.id or turn.speaker.on_duty:
        return True
    holder = assignments.on(turn.session, request)
    return holder is not None and holder[1].id == turn.speaker.id and request.live


def pass_on(turn: Turn, request: Request, words: str) -> Texts:
    """Carry words to the other side and say so."""
    said = words or ""
    if turn.heard.media and not said:
        yield turn.reply("no_pictures", about=request)
        return
    others = list(_others(turn, request))
    if not others:
        yield from _to_duty(turn, request, said)
        return
    for other, phrase in others:
        yield _carry(turn, request, other, phrase, said)
    first = others[0][0]
    name = first.first_name if len(others) == 1 and first.id != request.person_id else ""
    yield turn.reply("passed_on_to" if name else "passed_on", about=request, name=name)


def _others(turn: Turn, request: Request) -> list[tuple[Person, str]]:
    neighbor = people.by_id(turn.session, request.person_id)
    holder = assignments.on(turn.session, request) if request.state in TALKING else None
    if turn.speaker.id == request.person_id:
        desk = people.by_id(turn.session, request.duty_person_id) if request.duty_person_id else None
        if desk and desk.on_duty:  # whoever wrote last is who is answered: it may be about the helper
            return [(desk, "from_neighbor")]
        return [(holder[1], "from_neighbor")] if holder else []
    if turn.speaker.on_duty and (holder is None or holder[1].id != turn.speaker.id):
        request.duty_person_id = turn.speaker.id  # somebody on duty speaks: the neighbor's next words go back to them
    else:
        request.duty_person_id = None
    turn.session.add(request)
    return [(neighbor, "from_helper")]


def _carry(turn: Turn, request: Request, to: Person, phrase: str, words: str) -> Text:
    return turn.tell(to, phrase, about=request, lane=Lane.REPLY, name=turn.speaker.first_name or "?", words=words)


def _to_duty(turn: Turn, request: Request, words: str) -> Texts:
    requests.record(turn.session, request, "wrote", turn.now, by=turn.speaker.id, words=words)
    texts = list(turn.tell_duty("duty_wrote", about=request, but=turn.speaker.id, words=brief(words)))
    yield turn.reply("passed_to_duty" if texts else "kept_for_duty", about=request)
    yield from texts
