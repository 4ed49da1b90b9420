"""A changed number: who has another phone shows that both are theirs by a code, texted from one to the other.

Nobody types a number, so nobody learns who is on the line. A phone with something to lose is asked before anything
moves. Of who has lost the old phone, somebody else on duty says who they are; the old phone may object first. What
was theirs moves as a whole: requests, matches, who vouched, bans, STOP, whom they are kept apart from.
"""

from datetime import timedelta

from handlers.asking import waves
from handlers.members import codes
from handlers.needs import choosing
from handlers.on_duty import duty_tasks, meaning, reach_person
from handlers.phrasebook import Value
from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Answer, Free, Need, Order, Question
from handlers.wording.summary import Ours, Quoted, Several, Soon
from models import board_sessions, former, joining, number_changes, people, person_events, requests
from models.delivery import moved
from models.lines import Channel
from models.number_changes import NumberChange, Step
from models.people import Address, Person
from models.requests import Outcome, State

OBJECTS_FOR = timedelta(hours=1)  # that the old phone has to object; of a volunteer, who sees doors, longer
VOLUNTEER_OBJECTS_FOR = timedelta(hours=12)
AT_ONCE = timedelta(minutes=1)  # until the old address goes: the last answer to it is sent first
LOST, YES, NO = 1, 1, 2
EXAMPLE = 42
STOPPED = "moved_stopped"


def wanted(turn: Turn, intent: Free) -> Texts:
    """The same in words of their own: "this is Ben with a new phone"."""
    yield from new_number(turn, Order("new_number"), words=intent.words)


def new_number(turn: Turn, _: Order, *, words: str = "") -> Texts:
    """NEW NUMBER, from either phone: a code for the other one."""
    speaker = turn.speaker
    until = turn.now + codes.LASTS
    change = number_changes.begin(turn.session, turn.line.id, speaker.id, turn.now, until)
    person_events.record(turn.session, turn.line.id, speaker.id, person_events.NEW_NUMBER, turn.now)
    code = Ours(change.code or "")
    if _established(turn, speaker) and (speaker.helper_since is not None or turn.asked is not None):
        yield turn.reply("new_number_old", code=code)
    elif _established(turn, speaker):  # they may have asked for something from the new one already
        turn.ask(speaker, Question.OLD_PHONE, options=LOST, words=words or turn.heard.body)
        yield turn.reply("new_number_either", code=code)
    else:
        turn.ask(speaker, Question.OLD_PHONE, options=LOST, words=words or turn.heard.body)
        yield turn.reply("new_number_new", code=code)


def old_phone(turn: Turn, intent: Answer) -> Texts:
    """1: the old phone is gone. Whoever is on duty asks them what only they know."""
    change = number_changes.of(turn.session, turn.speaker.id, Step.CODE)
    if intent.choice != LOST or change is None:
        yield turn.reply("code_unknown")
        return
    words = turn.asked.words if turn.asked else turn.heard.body
    turn.unask(turn.speaker)
    number_changes.go_on(turn.session, change, Step.LOST, turn.now + codes.LASTS, turn.now)
    yield from reach_person.reach(turn, words, duty="duty_lost_phone", anew=True)


def code(turn: Turn, order: Order) -> Texts:
    """CODE 482913, from the other phone."""
    speaker, typed = turn.speaker, str(order.numbers[0]) if order.numbers else ""
    mine = number_changes.of(turn.session, speaker.id, Step.CODE)
    if mine is not None and mine.code == typed:
        yield turn.reply("code_other_phone")
        return
    if codes.too_many(turn):
        yield turn.reply("code_enough")
        return
    found = [c for c in number_changes.with_code(turn.session, turn.line.id, typed) if c.person_id != speaker.id]
    if len(found) != 1 or found[0].next_at is None or found[0].next_at <= turn.now:
        codes.wrong(turn)
        yield turn.reply("code_unknown")
        return
    change, other = found[0], people.by_id(turn.session, found[0].person_id)
    if _established(turn, speaker):
        number_changes.go_on(turn.session, change, Step.CONFIRM, turn.now + codes.LASTS, turn.now, other=speaker.id)
        turn.ask(speaker, Question.NEW_PHONE, options=NO)
        yield turn.reply("code_confirm", ends=_ends(turn, other))
        return
    both = not _established(turn, other)  # then nobody can tell which is the old one
    home = people.reply_addresses(turn.session, [speaker.id])[speaker.id]
    yield from _moved(turn, change, old=other, new=speaker, home=home, both=both, here=True)


def new_phone(turn: Turn, intent: Answer) -> Texts:
    """1: the other phone is theirs. 2: it is not."""
    change = number_changes.asked_of(turn.session, turn.speaker.id)
    if change is None:
        turn.unask(turn.speaker)
        yield turn.reply("code_unknown")
        return
    other = people.by_id(turn.session, change.person_id)
    if intent.choice not in (YES, NO):
        yield turn.reply("code_confirm", ends=_ends(turn, other))
        return
    turn.unask(turn.speaker)
    if intent.choice == NO:
        yield from _refused(turn, change)
        return
    both = change.step is Step.CONFIRM and _established(turn, other)
    home = people.reply_addresses(turn.session, [turn.speaker.id])[turn.speaker.id]
    yield from _moved(turn, change, old=turn.speaker, new=other, home=home, both=both, here=False)


def same(turn: Turn, order: Order) -> Texts:
    """SAME 42 ANA, SAME 42 7: who asks as #42 about a lost phone is Ana, or who asked for #7."""
    name = order.note.strip(" .!")
    if not order.numbers or len(order.numbers) > 2 or (len(order.numbers) == 1) is not bool(name):
        yield turn.reply("same_two", number=order.numbers[0] if order.numbers else _asks_as(turn))
        return
    found = yield from choosing.known(turn, order.numbers)
    if len(found) != len(order.numbers):
        return
    new = people.by_id(turn.session, found[0].person_id)
    change = number_changes.of(turn.session, new.id, Step.LOST)
    meant = meaning.named(turn, name) if name else [people.by_id(turn.session, found[1].person_id)]
    if change is None or meant == [new]:
        yield turn.reply("same_unknown", about=found[0])
        return
    yield from duty_tasks.answered(turn, found[0])
    if len(meant) > 1:
        who = Several([turn.numbered(person) for person in meant], style="or")
        yield turn.reply("same_several", number=found[0].number, name=Quoted(name), n=len(meant), who=who)
    elif not meant:
        yield turn.reply("same_nobody", number=found[0].number, name=Quoted(name))
    else:
        yield from _said_same(turn, change, meant[0], new, found[0].number)


def _asks_as(turn: Turn) -> int:
    """The number under which somebody who has lost a phone writes to duty, the latest; else any, as an example."""
    lost = number_changes.lost_last(turn.session, turn.line.id)
    talks = requests.live_of(turn.session, lost.person_id) if lost is not None else []
    return talks[-1].number if talks else EXAMPLE


def _said_same(turn: Turn, change: NumberChange, old: Person, new: Person, number: int) -> Texts:
    if turn.speaker.id in (new.id, old.id):
        yield turn.reply("same_self")
    elif turn.is_newcomer(turn.speaker):
        yield turn.reply("put_out_newcomer")
    elif joining.are_apart(turn.session, old, new):
        yield turn.reply("duty_apart", name=turn.numbered(old), who=new.id)
    elif old.opted_out_at or old.silent_since or old.discreet_since:  # they could not object
        yield turn.reply("same_silent", name=turn.numbered(old), number=number)
    elif numbers := joining.hindered(turn.session, old, new):
        yield turn.reply("same_hindered", number=numbers[0])
    else:
        yield from _announced(turn, change, old, new)


def _announced(turn: Turn, change: NumberChange, old: Person, new: Person) -> Texts:
    at = turn.now + (VOLUNTEER_OBJECTS_FOR if old.helper_since else OBJECTS_FOR)
    change.by_person_id = turn.speaker.id
    number_changes.go_on(turn.session, change, Step.OBJECTION, at, turn.now, other=old.id)
    person_events.record(
        turn.session, turn.line.id, old.id, person_events.NEW_NUMBER, turn.now, by=turn.speaker.id, words=str(new.id)
    )
    turn.ask(old, Question.NEW_PHONE, options=NO)
    when = Soon(at, turn.line.timezone, turn.now)
    yield turn.reply("same_waits", name=turn.numbered(old), when=when)
    yield turn.tell(old, "number_objection", ends=_ends(turn, new), when=when)
    yield turn.tell(new, "number_soon", when=when)


def act(context: Context, change: NumberChange) -> Texts:
    """Its time has come: a code is too old, nobody has objected, an old address goes."""
    session, now = context.session, context.now
    if change.step is Step.MOVED:
        kept = people.by_id(session, change.person_id)
        _leave_old(context, kept, change)
        number_changes.end(session, change, now)
        yield _here(context, kept)
    elif change.step is Step.OBJECTION and change.other_person_id is not None:
        yield from _nobody_objected(context, change, people.by_id(session, change.other_person_id))
    else:
        number_changes.end(session, change, now)


def _nobody_objected(context: Context, change: NumberChange, old: Person) -> Texts:
    new = people.by_id(context.session, change.person_id)
    context.unask(old)
    homes = [home for channel in Channel for home in people.addresses_on(context.session, old.id, channel)]
    alive = any(home.last_heard_at and home.last_heard_at > change.created_at for home in homes)
    if alive or joining.hindered(context.session, old, new):  # somebody writes from a phone that is said to be lost
        number_changes.end(context.session, change, context.now)
        yield context.tell(new, "number_not_moved")
        yield from context.tell_duty("duty_not_moved", but=old.id, name=context.numbered(old), who=new.id)
        return
    home = people.reply_addresses(context.session, [new.id])[new.id]
    yield from _moved(context, change, old=old, new=new, home=home, both=False, here=True)


def _moved(
    context: Context, change: NumberChange, *, old: Person, new: Person, home: Address, both: bool, here: bool
) -> Texts:
    """They are one. `home` is where the answer goes: the new phone (`here`), or for the last time the old one."""
    session, now = context.session, context.now
    if joining.are_apart(session, old, new):
        number_changes.end(session, change, now)
        yield context.tell(new if here else old, "number_apart")
        told = context.tell_duty("duty_apart", name=context.numbered(old), who=new.id)
        yield from (text for text in told if text.to.id not in (old.id, new.id))
        return
    if numbers := joining.hindered(session, old, new):
        number_changes.end(session, change, now)
        yield context.tell(new if here else old, "number_hindered", number=numbers[0])
        yield from context.tell_duty("duty_hindered", name=context.numbered(old), who=new.id, number=numbers[0])
        return
    theirs = number_changes.addresses(session, old.id)
    change.step = Step.MOVED  # the only one of theirs that goes on
    session.add(change)
    session.flush()
    kept, gone = (new, old) if both and new.id < old.id else (old, new)
    joining.join(session, kept, gone, now, by=change.by_person_id or kept.id)
    board_sessions.end_all(session, kept.id, now)
    people.set_reply_address(session, kept, home)
    change.old_addresses = theirs
    change.other_person_id = change.person_id = kept.id
    goes = not both and kept.opted_out_at is None and kept.banned_at is None  # neither is undone by mistake
    if goes and not here:
        number_changes.go_on(session, change, Step.MOVED, now + AT_ONCE, now)
        yield context.tell(kept, "moved_away")
    else:
        if goes:
            _leave_old(context, kept, change)
        people.set_reply_address(session, kept, home)
        number_changes.end(session, change, now)
        yield _here(context, kept, both=both)
    for talk in requests.live_of(session, kept.id) if change.by_person_id is not None else ():
        if talk.state is State.HELD and {*talk.needs} <= {Need.OTHER} and not talk.in_danger:
            waves.close(context, talk, Outcome.FULFILLED, by=change.by_person_id)  # it was about the phone
    if kept.helper_since is not None or change.by_person_id is not None:
        yield from context.tell_duty("duty_moved", but=kept.id, name=context.numbered(kept))


def _here(context: Context, kept: Person, *, both: bool = False) -> Text:
    phrase = STOPPED if kept.opted_out_at else "moved_both" if both else "moved_here"
    return context.tell(kept, phrase)


def _leave_old(context: Context, kept: Person, change: NumberChange) -> None:
    """The old number may soon be another's: nobody who has it is taken for them."""
    gone = number_changes.let_go(context.session, change)
    former.had(context.session, context.line, kept, gone)
    context.session.cache.pop("reply_addresses", None)
    home = people.reply_addresses(context.session, [kept.id]).get(kept.id)
    if home is not None and (number := context.line.number(home.channel)) is not None:
        moved.redirect(context.session, kept.id, gone, home, number, context.now)


def _refused(turn: Turn, change: NumberChange) -> Texts:
    """It is not their phone: nothing moves, and whoever is on duty hears that somebody tried."""
    number_changes.end(turn.session, change, turn.now)
    who = change.person_id
    person_events.record(
        turn.session, turn.line.id, turn.speaker.id, person_events.NEW_NUMBER_REFUSED, turn.now, words=str(who)
    )
    name = turn.numbered(turn.speaker)
    yield turn.reply("code_refused")
    if change.step is Step.OBJECTION or change.by_person_id is not None:
        yield turn.tell(people.by_id(turn.session, who), "number_not_moved")
    yield from turn.tell_duty("duty_code_refused", but=turn.speaker.id, name=name, who=who)


def _established(context: Context, person: Person) -> bool:
    """Whether anything would be lost with this person: they help, asked for something, or have said what holds."""
    said = (person.helper_since, person.banned_at, person.opted_out_at, person.silent_since, person.discreet_since)
    return any(said) or requests.last_of(context.session, person.id) is not None


def _ends(context: Context, person: Person) -> Value:
    """How somebody knows that phone without being shown its number."""
    home = people.reply_addresses(context.session, [person.id])[person.id]
    return Ours(home.value[-2:])
