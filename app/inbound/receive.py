"""One text is one transaction: understood, handled, its answers queued."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

import structlog

from app.inbound import authors, erased, newcomers, rate_limit, repeats
from app.inbound.daily_cap import DailyCap
from app.outbound import outbox, reach, window
from app.outbound.reach import Reach
from app.telemetry import logs
from handlers import registry
from handlers.arrivals import arriving
from handlers.talking import media, pictures
from handlers.turn import Context, Text, Turn
from handlers.understanding import carrier_words
from handlers.understanding.intents import Answer, Free, Intent, Kind, Order, Understood, Wordless
from handlers.wording.summary import Ours, brief
from models import inbound, lines, people
from models.delivery import outbound
from models.delivery.fair_ranks import FairRanks
from models.inbound import Heard
from models.lines import Channel, Line
from models.people import Address
from models.store.session import Session

log = structlog.get_logger()

STOPPING = ("stop", "wrong_number")  # intents after which nothing more goes to a phone
# What the carrier itself understood, by the keywords that the group set up there: it has answered and acted already.
BY_CARRIER = {"STOP": Order("stop", argument=True), "START": Order("start"), "HELP": Order("help")}


class Taken(StrEnum):
    """What became of a text."""

    HANDLED = "handled"
    SEEN = "seen"  # it had come before: nothing changed
    UNKNOWN_NUMBER = "unknown_number"  # it was sent to a number that is no line's
    UNANSWERED = "unanswered"  # it is kept, but comes from where we answer nobody
    SPOOLED = "spooled"  # it is on disk, and comes to the database later


def receive(session: Session, heard: Heard, now: datetime) -> Taken:
    """Take in one text: understand it, act on it, queue the answers. The caller commits."""
    line, heard = _line(session, heard)
    if line is None:
        log.warning("unknown_number_texted", author=logs.hashed(heard.from_address))
        return Taken.UNKNOWN_NUMBER
    heard = authors.written(line, heard)
    if authors.is_nobody(line, heard):
        return _from_nobody(session, line, heard, now)
    heard = media.cards_aside(heard)
    reading = registry.read(heard.body)
    author = authors.of(session, line, heard, now, reading.language)
    if author is None:
        return _from_nobody(session, line, heard, now)
    person, address = author
    if session.is_new(person) and erased.sift(session, line, heard, now, person):
        return Taken.SEEN
    earlier = repeats.before(session, address, heard, now, line.policy)
    if repeats.is_repeat(earlier, heard, now):
        inbound.store(session, line.id, heard, now, person_id=person.id, intent="repeat")
        return Taken.SEEN
    burst = repeats.burst(earlier, now, line.policy)
    quoted = reading.quote.number if reading.quote else None
    asked = arriving.asked(Context(session, line, now), person, heard)
    turn = Turn(session, line, now, speaker=person, heard=heard, asked=asked, quoted=quoted, burst=burst)
    by_carrier = BY_CARRIER.get(heard.carrier_answered or "")
    understood = Understood(by_carrier) if by_carrier else registry.meant(turn, reading)
    intent = understood.intent
    inbound_id = inbound.store(session, line.id, heard, now, person_id=person.id, intent=registry.name(intent))
    if inbound_id is None:
        return Taken.SEEN
    if session.is_new(person):
        newcomers.count(session, line, heard, now)
    cap = DailyCap(turn, address, reach.of(line, person, heard.channel, heard.from_address))
    _remember_address(turn, address, cap.reach)
    if _unanswered(turn, understood, cap.reach):
        _not_answered(turn, understood, inbound_id, cap)
        return Taken.UNANSWERED
    texts = _not_answered_yet(
        turn, intent, [*registry.respond(turn, understood), *pictures.left_over(turn, understood)]
    )
    texts = limited(cap, intent, texts)
    if cap.reach is not Reach.ALWAYS:
        turn.unask(person)  # what we ask them never leaves
    if window.opened(turn, address) and intent == Order("read") and person.discreet_since is None:
        texts = []  # what waited is the answer
    queue(turn, address, str(inbound_id), texts)
    return Taken.HANDLED


def _not_answered_yet(turn: Turn, intent: Intent, texts: list[Text]) -> list[Text]:
    """The texts without those that take the place of an answer which waits for the end of this burst.

    An answer that waits is not sent if what was said next leads to something else.
    """
    if turn.burst is None:
        return texts
    own = [text for text in texts if text.merged and text.to.id == turn.speaker.id]
    if isinstance(intent, Free | Answer) and not any(text.merged == turn.burst_name() for text in own):
        outbound.cancel_waiting(turn.session, turn.burst_name(), turn.now)
    return [
        text for text in texts if text not in own or not outbox.takes_place(turn.session, turn.line, text, turn.now)
    ]


def queue(turn: Turn, address: Address, key: str, texts: list[Text]) -> None:
    """Queue what follows from a text, in its turn after all else that this address has caused."""
    ranks = FairRanks(turn.now, address, vouched=turn.speaker.helps)
    outbox.queue(turn.session, turn.line, key, texts, turn.now, by=turn.speaker.id, ranks=ranks)
    turn.session.add(address)


def _line(session: Session, heard: Heard) -> tuple[Line | None, Heard]:
    """The line that a text is for, and the text, which says where it went if its number is no line's."""
    line = lines.by_number(session, heard.channel, heard.to)
    if line is not None or heard.fallback_to is None:
        return line, heard
    line = lines.by_number(session, heard.channel, heard.fallback_to)
    return line, replace(heard, fields={**heard.fields, "To": heard.to})


def _from_nobody(session: Session, line: Line, heard: Heard, now: datetime) -> Taken:
    """A text from a line's own number, a short code or a name: it is kept, is nobody's, and gets no answer."""
    own = heard.from_address.startswith("+") or heard.channel is not Channel.SMS
    what = "own_number" if own else "no_number"
    kept = inbound.store(session, line.id, heard, now, person_id=None, intent=what)
    log.warning(f"{what}_texted", line=line.id)
    return Taken.SEEN if kept is None else Taken.UNANSWERED


def limited(cap: DailyCap, intent: Intent | None, texts: list[Text]) -> list[Text]:
    """What of these texts goes out, and when: floods and machines get few answers. Time has no `intent`."""
    turn, address = cap.turn, cap.address
    kept = rate_limit.limit(turn.line.policy, turn.speaker, address, turn.heard, intent, cap.kept(texts), turn.now)
    turn.session.add(address)
    if kept.withheld:
        log.warning("answer_withheld", person=turn.speaker.id, answers=kept.withheld)
    out = list(kept.texts)
    if kept.muted:
        log.warning("machine_muted", person=turn.speaker.id)
        if not cap.spent:
            out += turn.tell_duty("duty_machine", but=turn.speaker.id, words=brief(turn.heard.body))
    if kept.unheard is not None and not cap.spent:
        name = f"muted-{turn.speaker.id}-{kept.unheard.timestamp():.6f}"
        for text in turn.tell_duty("duty_muted", but=turn.speaker.id, words=brief(turn.heard.body)):
            out.append(replace(text, not_before=kept.unheard, merged=f"{name}-{text.to.id}"))
    if cap.count(out):
        log.warning("day_used_up", person=turn.speaker.id)
        out.append(turn.reply("enough_today", dial=Ours(turn.line.emergency_number)))
        out += turn.tell_duty("duty_enough", but=turn.speaker.id)
    return out


def _unanswered(turn: Turn, understood: Understood, how_far: Reach) -> bool:
    """Whether this text comes from where we answer nobody. Abroad, who is in danger or waits for help is heard."""
    if how_far is Reach.DANGER:
        return not understood.danger and not turn.own
    return how_far is Reach.NEVER


def _not_answered(turn: Turn, understood: Understood, inbound_id: int, cap: DailyCap) -> None:
    """A text from where we answer nobody: whoever is on duty hears of a need once a day, of danger every time."""
    intent = understood.intent
    texts: list[Text] = []
    key = str(inbound_id)
    if registry.name(intent) in STOPPING:
        texts = [text for text in registry.respond(turn, understood) if text.to.id != turn.speaker.id]
    elif understood.danger or (isinstance(intent, Free) and intent.meaning.kind is Kind.ASK):
        key = key if understood.danger else f"abroad-{turn.line.id}-{lines.day(turn.line, turn.now)}"
        if not outbound.key_exists(turn.session, f"{key}:0"):
            texts = cap.kept(list(turn.tell_duty("duty_abroad", words=brief(turn.heard.body))))
    cap.count(texts)
    queue(turn, cap.address, key, texts)


def _remember_address(turn: Turn, address: Address, how_far: Reach) -> None:
    """What the speaker is told goes to where they have just texted from, and later texts too if we answer there."""
    if how_far is Reach.ALWAYS:
        address.last_heard_at = turn.now
    if turn.heard.channel is Channel.WHATSAPP:
        window.wrote(turn, address)
    people.set_reply_address(turn.session, turn.speaker, address)
    turn.session.add(address)


def handle_failure(session: Session, heard: Heard, now: datetime, error: Exception) -> Taken:
    """Keep a text that we failed to handle, say so to its author, and tell whoever is on duty."""
    log.error("handler_failed", error=type(error).__name__, exc_info=error)
    line, heard = _line(session, heard)
    if line is None:
        return Taken.UNKNOWN_NUMBER
    heard = authors.written(line, heard)
    if authors.is_nobody(line, heard):
        return _from_nobody(session, line, heard, now)
    heard = media.cards_aside(heard)
    understood = _understood_at_all(heard)
    author = authors.of(session, line, heard, now, understood.language if understood else None)
    if author is None:
        return _from_nobody(session, line, heard, now)
    person, address = author
    if session.is_new(person) and erased.sift(session, line, heard, now, person):
        return Taken.SEEN
    inbound_id = inbound.store(session, line.id, heard, now, person_id=person.id, intent="failed")
    if inbound_id is None:
        return Taken.SEEN
    turn = Turn(session, line, now, speaker=person, heard=heard)
    cap = DailyCap(turn, address, reach.of(line, person, heard.channel, heard.from_address))
    _remember_address(turn, address, cap.reach)
    if _wants_out(heard, understood):
        # Whatever broke, a wish to be left alone is kept, and the carrier lets no answer through.
        person.opted_out_at = now
        session.add(person)
        outbound.cancel_for(session, person.id, now)
    texts = [turn.reply("our_fault"), *turn.tell_duty("our_fault_duty", but=person.id, words=brief(heard.body))]
    window.opened(turn, address)
    queue(turn, address, str(inbound_id), limited(cap, Wordless(), texts))
    return Taken.HANDLED


def _understood_at_all(heard: Heard) -> Understood | None:
    """What a text says by itself, unless understanding it is what fails."""
    try:
        return registry.understand(heard.body)
    except Exception:
        return None


def _wants_out(heard: Heard, understood: Understood | None) -> bool:
    """Whether a text says STOP, even where understanding it is what fails."""
    if heard.carrier_answered == "STOP" or heard.body.strip().upper() in carrier_words.STOP:
        return True
    return understood is not None and registry.name(understood.intent) in STOPPING
