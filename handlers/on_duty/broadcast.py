"""Words of duty to many: sent after somebody has read what that costs, and a second person where there is one."""

from handlers.on_duty import broadcasting
from handlers.on_duty.broadcasting import Size
from handlers.phrasebook import Value
from handlers.safety import watch
from handlers.turn import Text, Texts, Turn
from handlers.understanding.arguments import ToMany
from handlers.understanding.intents import Answer, Free, Order, Question
from handlers.where import places, vicinity
from handlers.wording.summary import Ours, Quoted, Said, Several, When
from models import broadcasts, people, timers
from models.broadcasts import Audience, Broadcast
from models.delivery import line_numbers
from models.delivery.outbound import Lane
from models.lines import Area

SEND, DONT = 1, 2
LONGEST = 600  # characters: four segments each is enough for anything
LONGEST_AREA = 3  # words


def broadcast(turn: Turn, order: Order) -> Texts:
    """BROADCAST words: to volunteers; BROADCAST OAK words: of an area; BROADCAST ASKED words: who waits for help."""
    said: ToMany | None = order.argument
    if said is None or not said.words:
        yield turn.reply("broadcast_how")
        return
    if len(said.words) > LONGEST:
        yield turn.reply("broadcast_long", n=LONGEST)
        return
    if line_numbers.over_budget(turn.session, turn.line, turn.now):
        yield turn.reply("broadcast_spent")
        return
    area, words = (None, said.words) if said.asked else _area(turn, said.words)
    kept = broadcasts.add(
        turn.session,
        turn.line.id,
        turn.speaker.id,
        words,
        Audience.ASKED if said.asked else Audience.VOLUNTEERS,
        turn.now,
        area_id=area.id if area else None,
    )
    size = broadcasting.size(turn, kept, broadcasting.readers(turn, kept))
    if not size.people:
        broadcasts.decide(turn.session, kept, turn.now, by=turn.speaker.id, send=False)
        yield Text(turn.speaker, "broadcast_nobody", {"to": broadcasting.to_whom(turn, kept)}, Lane.REPLY)
        return
    values = _told(turn, kept, size)
    timers.bring_forward(turn.session, turn.line.id, broadcasting.EXPIRY, turn.now + broadcasts.LASTS)
    others = watch.awake(turn, but=turn.speaker.id)
    if not others:
        turn.ask(turn.speaker, Question.BROADCAST, options=DONT, words=str(kept.id))
        yield Text(turn.speaker, "broadcast_confirm", values, Lane.REPLY)
        return
    names = Several([turn.somebody(person) for person in others], style="or")
    yield Text(turn.speaker, "broadcast_second", {**values, "names": names}, Lane.REPLY)
    for person in others:
        turn.ask(person, Question.BROADCAST, options=DONT, words=str(kept.id))
        yield Text(person, "broadcast_asked", {**values, "name": turn.somebody(turn.speaker)}, Lane.REPLY)


def how(turn: Turn, _: Free) -> Texts:
    """ "Tell everybody the pantry is closed": to volunteers, or to who waits? They say it by BROADCAST."""
    yield turn.reply("broadcast_how")


def _told(turn: Turn, kept: Broadcast, size: Size) -> dict[str, Value]:
    return {
        "to": broadcasting.to_whom(turn, kept),
        "people": Said("to_people", {"n": size.people}),
        "segments": Said("segments", {"n": size.segments}),
        "money": Ours(size.money),
        "words": Quoted(kept.words),
        "place": Said("broadcast_place") if vicinity.tells_place(kept.words, named=True) else None,
    }


def _area(turn: Turn, words: str) -> tuple[Area | None, str]:
    """The area that stands before the words, and the words after it."""
    parts = words.split()
    for size in range(min(LONGEST_AREA, len(parts) - 1), 0, -1):
        before = " ".join(parts[:size]).rstrip(":,")
        named = places.named(before, turn.areas)
        if named is not None:
            return named, words.split(None, size)[size]
    return None, words


def decided(turn: Turn, intent: Answer) -> Texts:
    """The answer to the question whether it shall be sent."""
    asked = turn.asked
    if intent.choice is None or asked is None:
        yield turn.reply("broadcast_which")
        return
    turn.unask(turn.speaker)
    kept = broadcasts.by_id(turn.session, int(asked.words))
    if not turn.speaker.on_duty:
        yield turn.reply("not_on_duty")
        return
    send = intent.choice == SEND
    if send and line_numbers.over_budget(turn.session, turn.line, turn.now):
        yield turn.reply("broadcast_spent")
        return
    if not broadcasts.decide(turn.session, kept, turn.now, by=turn.speaker.id, send=send):
        yield turn.reply("broadcast_over")
        return
    texts = list(broadcasting.to_all(turn, kept)) if send else []
    at = next((text.not_before for text in texts if text.not_before), None)
    when = Said("broadcast_leaves", {"when": When(at, turn.line.timezone)}) if at else None
    people_ = Said("to_people", {"n": len(texts)})
    yield turn.reply("broadcast_sent" if send else "broadcast_not_sent", people=people_, when=when)
    if kept.by_person_id != turn.speaker.id:
        author = people.by_id(turn.session, kept.by_person_id)
        phrase = "broadcast_sent_author" if send else "broadcast_not_sent_author"
        yield turn.tell(author, phrase, name=turn.somebody(turn.speaker), people=people_, when=when)
    yield from texts
