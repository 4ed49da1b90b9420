"""Words from one side of a request to the other. Neither side ever sees the other's number."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.helping import company, leasing
from handlers.on_duty import duty_tasks
from handlers.safety import first_answer, watch
from handlers.talking import media, pace, passing, talks
from handlers.talking.pace import MINUTE, RELAYED, WRITES_ON
from handlers.turn import KEPT as NOTED
from handlers.turn import TALK, Context, Text, Texts, Turn
from handlers.understanding import acts
from handlers.understanding.intents import DangerKind, Question
from handlers.where import doors
from handlers.wording.due import Due
from handlers.wording.summary import Name, Ours, Quoted, Said, Several, When, brief
from models import alarms, assignments, dangers, events, kept_apart, people, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import TALKING, Request, State

ONE_BY_ONE = 5  # texts to duty that somebody writes within some minutes

EVEN_SO = "from_duty"  # the one text that goes to somebody who asked for silence
KEPT_BACK = "kept_back"
ONCE_MORE = timedelta(minutes=15)  # in which the same words again are meant to go to somebody who asked for none


def introduce(
    context: Context,
    request: Request,
    helper: Person,
    held: Assignment,
    *,
    instead_of: Name | Said | None = None,
    comes: Due | None = None,
    misses: bool = False,
) -> Texts:
    """Tell the neighbor who comes and by which word to know them, and ask for the door where we do not know it.

    A time at which the helper comes is said with their words; where it `misses` the neighbor's, that one too.

    A neighbor who texted STOP hears nothing, and the helper has to know.
    """
    name = context.somebody(helper)
    neighbor = people.by_id(context.session, request.person_id)
    request.duty_person_id = None  # from now on plain words go to the helper
    context.session.add(request)
    if neighbor.opted_out_at is not None:
        yield context.tell(helper, "asker_stopped", about=request)
        return
    note, slow = held.note, pace.is_slow(context, request, helper, neighbor)
    door = doors.asks(context, request, helper, held)
    if request.helpers_have > 1:
        door = door or Said("write_back_all" if request.place else "which_door_all")
    door = door or Said("write_back" if request.place else "which_door", {"name": name})
    yield context.tell(
        neighbor,
        "claimed_instead" if instead_of else _comes(request),
        about=request,
        lane=Lane.SAFETY,
        name=name,
        old=instead_of,
        code=Ours(request.code_word),
        note=_said_in_claiming(context, request, note, comes, misses=misses) if note and not slow else None,
        door=door,
        **company.counts(request),
    )
    if note and slow:
        text = context.tell(neighbor, "from_helper", about=request, lane=Lane.REPLY, name=name, words=Quoted(note))
        yield from pace.paced(context, request, helper, text, note)
    else:
        requests.record(context.session, request, RELAYED, context.now, by=helper.id)


def _comes(request: Request) -> str:
    """By which phrase the neighbor hears who comes: of several, how many they are now."""
    if not request.several:
        return "claimed"
    return "claimed_some" if request.has_room else "claimed_all"


def _said_in_claiming(context: Context, request: Request, note: str, comes: Due | None, *, misses: bool) -> Said:
    if comes is None:
        return Said("note_from_helper", {"note": Quoted(note)})
    phrase = "note_misses" if misses else "note_comes"
    return Said(phrase, {"note": Quoted(note), "when": comes, "needed": context.when(request)})


def may_write(turn: Turn, request: Request) -> bool:
    """Whether the speaker is a side of this request: its neighbor, who holds it, or whoever is on duty."""
    if request.person_id == turn.speaker.id:
        return True
    if kept_apart.hides(turn.session, request, turn.speaker.id):
        return False
    if turn.speaker.on_duty:
        return True
    if not request.live or assignments.held_of(turn.session, request, turn.speaker.id) is None:
        return False
    return request.state in TALKING or not _wrote_since(turn, request)


def _wrote_since(turn: Turn, request: Request) -> bool:
    """Whether they have said where it is, after the neighbor said that it did not come: one text is left for that."""
    return bool(events.did_since(turn.session, request, RELAYED, turn.speaker.id, request.changed_at))


def pass_on(
    turn: Turn,
    request: Request,
    words: str,
    *,
    as_: str = "",
    told: str = "",
    when: When | None = None,
    renews: bool = True,
    kind: str = "",
) -> Texts:
    """Carry words to the other side and say so once in a talk; or say that they cannot get there, and tell duty.

    Each in words of its own, where the phrases `as_` and `told` say more; `kind` is the event it tells of. What a
    volunteer writes about what is in their hands renews their claim, but not while they say that they may not come
    (`renews`).
    """
    doubted = turn.asked is not None and (turn.asked.question, turn.asked.request_id) == (Question.COMING, request.id)
    held = next((held for held, r in turn.held if r.id == request.id), None)
    if renews and not doubted and held is not None and not leasing.renew(turn, held, request):
        told = leasing.lost(turn, held, request)
    other, phrase = _other(turn, request) or (None, "")
    rest = _rest(turn, request, other)
    came = passing.Came()
    if turn.heard.media:
        yield from passing.refused(turn, request, other)
        came = passing.came(turn, request)
        media.record(turn, request, tuple(kind for _, kind in came.pieces))
        yield from passing.enough(turn, came)
        if not words:
            yield from _sent(turn, request, other, came)
            for helper in rest:
                yield from passing.alone_where_seen(turn, request, helper, came)
            return
    if other is None:
        yield from to_duty(turn, request, words)
        yield from passing.to_duty(turn, request, came)
    elif fears := _they_tell_of(turn, request, (other, *rest), words):
        yield from about_them(turn, request, fears, words)
    elif other.opted_out_at is not None:
        yield from _out_of_reach(turn, request, words)
    elif _may_be_read(turn, request, other) and not _on_purpose(turn, request, words):
        requests.record(turn.session, request, KEPT_BACK, turn.now, by=turn.speaker.id, words=words)
        yield from duty_tasks.answered(turn, request)
        yield turn.reply("silence_asked" if turn.speaker.on_duty else "silence_kept", about=request)
    else:
        to_others: list[Text] = []
        shown: Assignment | None = None
        if turn.speaker.id == request.person_id:
            shown = doors.written(turn, request, other, words)
        if other.id == request.person_id and turn.speaker.on_duty:
            to_others = list(duty_tasks.answered(turn, request))
            knowingly = other.silent_since is not None or (other.discreet_since is not None and request.in_danger)
            phrase = EVEN_SO if knowingly else phrase
        name = turn.somebody(turn.speaker)
        text = turn.tell(other, as_ or phrase, about=request, lane=Lane.REPLY, name=name, words=Quoted(words))
        says = _says(turn, request, other, text, told)
        as_duty = turn.speaker.on_duty and request.person_id != turn.speaker.id and held is None
        texts = [text] if as_duty else pace.paced(turn, request, turn.speaker, text, words, kind=kind)
        yield from passing.beside_words(turn, request, other, [*texts], text, came) if came.pieces else texts
        yield from to_others
        yield from passing.follow(turn, request, other, shown) if shown else ()
        for helper in rest:
            yield from _to_one_more(turn, request, helper, words, came)
        if says:
            yield _passed(turn, request, other, says, when, rest)


def _rest(turn: Turn, request: Request, other: Person | None) -> list[Person]:
    """Who else has what the speaker asked for, and reads what they write to one of them."""
    if not request.several or other is None or turn.speaker.id != request.person_id:
        return []
    crew = [person for _, person in company.others(turn, request, 0)]
    if all(person.id != other.id for person in crew):  # they write to somebody on duty
        return []
    return [
        person
        for person in crew
        if person.id != other.id
        and person.opted_out_at is None
        and person.silent_since is None
        and not kept_apart.are(turn.session, request, person.id)
    ]


def _to_one_more(turn: Turn, request: Request, helper: Person, words: str, came: passing.Came) -> Texts:
    """The neighbor's words, for each who comes."""
    shown = doors.written(turn, request, helper, words)
    text = turn.tell(helper, "from_neighbor", about=request, lane=Lane.REPLY, words=Quoted(words))
    texts = pace.paced(turn, request, turn.speaker, text, words)
    yield from passing.beside_words(turn, request, helper, [*texts], text, came) if came.pieces else texts
    yield from passing.follow(turn, request, helper, shown) if shown else ()


def _says(turn: Turn, request: Request, other: Person, text: Text, told: str = "") -> str | None:
    """By which phrase the speaker hears that it went to the other side, if that is news; asked before it goes."""
    phrase = told or ("passed_on_to" if _shown_name(turn, request, other) else "passed_on")
    if other.discreet_since is not None and not other.on_duty and text.phrase != EVEN_SO:
        phrase = "passed_when_read"
    return phrase if text.phrase == EVEN_SO or talks.is_news(turn, request, other, phrase) else None


def _passed(
    turn: Turn, request: Request, other: Person, phrase: str, when: When | None = None, rest: Sequence[Person] = ()
) -> Text:
    name = company.names(turn, [other, *rest]) if rest else _shown_name(turn, request, other)
    return turn.later(turn.reply(phrase, about=request, name=name, when=when), TALK)


def _shown_name(turn: Turn, request: Request, other: Person) -> Name | None:
    """What the speaker calls the other side: a neighbor's name is not told."""
    return turn.name(other) if other.id != request.person_id else None


def _sent(turn: Turn, request: Request, other: Person | None, came: passing.Came) -> Texts:
    """Pictures and voice messages without words go to the other side, or to duty."""
    if not came.pieces:
        return
    kept = turn.later(turn.reply("media_kept", about=request, what=came.named()), NOTED)
    if other is None:
        texts = list(passing.to_duty(turn, request, came))
        words = media.in_words(tuple(str(kind) for _, kind in came.pieces), turn.speaker.speaks(turn.line))
        reply = turn.later(_to_whom(turn, request, words, told=True), TALK)
        yield passing.once_here(reply, came) if texts else kept
        yield from texts
        return
    held = assignments.held_of(turn.session, request, other.id, AssignmentState.ACTIVE)
    if other.opted_out_at is not None or _may_be_read(turn, request, other):
        yield kept
    elif passing.waits_for_door(turn, request, other, held[0] if held else None):
        yield passing.door_first(turn, request, other, came)
    else:
        texts = list(passing.alone(turn, request, other, came))
        says = _says(turn, request, other, texts[0])
        requests.record(turn.session, request, RELAYED, turn.now, by=turn.speaker.id)
        yield from texts
        if says:
            yield passing.once_here(_passed(turn, request, other, says), came)


def to_which(turn: Turn, matches: Sequence[Request]) -> Text:
    """To whom shall it go? They talk with several."""
    return turn.reply("to_which", choices=Several([Ours(f"@{r.number}") for r in matches], style="or"))


def _may_be_read(turn: Turn, request: Request, other: Person) -> bool:
    """Whether somebody else may read what goes to them now: they asked for none, or are in danger and quiet."""
    if other.silent_since is not None or other.discreet_since is None:
        return other.silent_since is not None
    home = people.reply_addresses(turn.session, [other.id]).get(other.id)
    wrote = home.last_heard_at if home else None
    return request.in_danger and turn.speaker.on_duty and (wrote is None or turn.now - wrote > WRITES_ON)


def _on_purpose(turn: Turn, request: Request, words: str) -> bool:
    """Whether somebody on duty says the same again, knowing that it may be read by somebody else."""
    before = dangers.lately(turn.session, request, KEPT_BACK, turn.now - ONCE_MORE, 1, by=turn.speaker.id)
    return turn.speaker.on_duty and [said for _, said in before] == [words]


def is_talk(turn: Turn, request: Request) -> bool:
    """Whether words about this request go to somebody of their own: else they go to everybody on duty."""
    return _other(turn, request) is not None


def listener(turn: Turn, request: Request) -> Person | None:
    """Who of their own hears what a neighbor says about a request of theirs, if they can be reached."""
    other = _other(turn, request)
    return other[0] if other and other[0].opted_out_at is None else None


def _other(turn: Turn, request: Request) -> tuple[Person, str] | None:
    """Who hears what the speaker says about a request, and by which phrase; None if only duty can."""
    neighbor = people.by_id(turn.session, request.person_id)
    holder = _holder(turn, request) if request.state in TALKING else None
    if turn.speaker.id == request.person_id:
        desk = people.by_id(turn.session, request.duty_person_id) if request.duty_person_id else None
        hidden = desk is not None and kept_apart.hides(turn.session, request, desk.id)
        if desk and desk.on_duty and not hidden:  # whoever wrote last is who is answered: it may be about the helper
            return desk, "from_neighbor"
        for held in [holder[0]] if holder and not request.several else _at_door(turn, request):
            if held.at_door_at is not None:  # whoever stands there hears from them
                assignments.change(turn.session, held, at_door_at=None)
        apart = holder is not None and kept_apart.are(turn.session, request, holder[1].id)
        return (holder[1], "from_neighbor") if holder and not apart else None
    mine = holder is not None and holder[1].id == turn.speaker.id
    if request.several and not mine:
        mine = assignments.held_of(turn.session, request, turn.speaker.id) is not None
    if turn.speaker.on_duty and not mine:
        request.duty_person_id = turn.speaker.id  # somebody on duty speaks: the neighbor's next words go back to them
    else:
        request.duty_person_id = None
    turn.session.add(request)
    return neighbor, "from_helper"


def _holder(turn: Turn, request: Request) -> tuple[Assignment, Person] | None:
    """Who has it, or says that it is done; of several the last to come whom words can reach."""
    holder = assignments.on(turn.session, request)
    if holder is None or not request.several:
        return holder
    crew = reversed(assignments.all_on(turn.session, request))
    apart = kept_apart.of(turn.session, request.person_id)
    return next((pair for pair in crew if pair[1].opted_out_at is None and pair[1].id not in apart), holder)


def _at_door(turn: Turn, request: Request) -> list[Assignment]:
    return [held for held, _ in company.others(turn, request, 0)]


def to_duty(turn: Turn, request: Request, words: str) -> Texts:
    """Tell everybody on duty what the neighbor writes, and keep it where nobody is there."""
    texts = list(words_to_duty(turn, request, words))
    if request.state is State.HELD:
        requests.keep_words(turn.session, request, words)
    if request.danger:
        texts = [replace(text, lane=Lane.SAFETY) for text in texts]
    reply = _to_whom(turn, request, words, told=bool(texts))
    yield reply if request.danger else turn.later(reply, TALK)
    yield from texts


def words_to_duty(turn: Turn, request: Request, words: str) -> Texts:
    """Words for everybody on duty: the first ones at once, those of somebody who writes on and on once a minute."""
    before = events.said_since(turn.session, request, "wrote", turn.now - WRITES_ON)
    requests.record(turn.session, request, "wrote", turn.now, by=turn.speaker.id, words=words)
    leaves: datetime | None = None
    if len(before) >= ONE_BY_ONE:
        leaves = turn.now.replace(second=0, microsecond=0) + MINUTE
        same = [said for at, said in before if at >= leaves - MINUTE]
        words = " / ".join([*same, words])
    for text in turn.tell_duty("duty_wrote", about=request, but=turn.speaker.id, words=brief(words)):
        if leaves is None:
            yield text
        else:
            yield replace(text, not_before=leaves, merged=f"wrote-{request.id}-{leaves:%Y%m%dT%H%M}-{text.to.id}")


def _to_whom(turn: Turn, request: Request, words: str, *, told: bool) -> Text:
    """Whether anybody has their words: in danger, also whether anybody has answered, and whom to call if not."""
    alarm = alarms.of(turn.session, request) if request.danger else None
    if alarm is None or alarm.ended_at is not None:
        if told and (when := watch.reads(turn, request, turn.speaker.id)):
            return turn.reply("night_to_duty", about=request, when=when)
        return turn.reply("passed_to_duty" if told else "kept_for_duty", about=request)
    alarms.add_words(turn.session, alarm, words)
    dial = first_answer.whom(turn.line, request.danger)
    if first_answer.at_home(request):
        return turn.reply("passed_quietly" if told else "kept_quietly", about=request, lane=Lane.SAFETY, dial=dial)
    if alarm.unheard and alarm.kind != DangerKind.RAID:
        return turn.reply("passed_unheard" if told else "kept_unheard", about=request, lane=Lane.SAFETY, dial=dial)
    return turn.reply("passed_to_duty" if told else "kept_for_duty", about=request)


def not_for_them(turn: Turn, request: Request, other: Person, words: str) -> bool:
    """Whether a neighbor tells of whoever has it that they fear them, or want somebody else."""
    if turn.speaker.id != request.person_id or other.id == request.duty_person_id:
        return False
    names = (other.name.split()[0],) if other.name and other.name.strip() else ()
    return acts.speaks_of_helper(words, names)


def whom_it_is_about(turn: Turn, request: Request, words: str) -> list[Person]:
    """Who has it in hand, if these words of its neighbor are not for them to read, now or later."""
    if request.several:
        crew = [helper for _, helper in company.others(turn, request, 0)]
        return _they_tell_of(turn, request, crew, words)
    holder = assignments.on(turn.session, request, AssignmentState.ACTIVE)
    return _they_tell_of(turn, request, [holder[1]] if holder else [], words)


def _they_tell_of(turn: Turn, request: Request, crew: Sequence[Person], words: str) -> list[Person]:
    """Of which of these a neighbor says such words: whom they name, else perhaps of each."""
    them = [helper for helper in crew if not_for_them(turn, request, helper, words)]
    return company.named_in(words, them) or them


def about_them(turn: Turn, request: Request, them: Sequence[Person], words: str) -> Texts:
    """Such words are for duty alone."""
    requests.record(turn.session, request, "wrote", turn.now, by=turn.speaker.id, words=words)
    name = company.one_of(turn, them)
    told = list(
        turn.tell_duty(
            "duty_about_helper", about=request, but=them[0].id, words=brief(words), name=name, match=request.number
        )
    )
    told = [text for text in told if text.to.id not in {turn.speaker.id, *(helper.id for helper in them)}]
    phrase = "about_them_to_duty" if told else "about_them_kept"
    yield turn.reply(phrase, about=request, name=name)
    yield from told


def _out_of_reach(turn: Turn, request: Request, words: str) -> Texts:
    """The other side texted STOP. Whoever is on duty may know another way to them."""
    requests.record(turn.session, request, "wrote", turn.now, by=turn.speaker.id, words=words)
    told = list(turn.tell_duty("duty_out_of_reach", about=request, but=turn.speaker.id, words=brief(words)))
    then = Said("duty_knows" if told else "duty_will_know")
    yield turn.reply("out_of_reach", about=request, then=None if turn.speaker.on_duty else then)
    yield from told
