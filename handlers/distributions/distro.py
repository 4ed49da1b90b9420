"""DISTRO: whoever is on duty announces a distribution, changes it, calls it off, and sees how it stands."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from handlers.distributions import distributing, distro_clock
from handlers.goods import stocking
from handlers.needs import timing
from handlers.turn import DAY, Text, Texts, Turn
from handlers.understanding import distro_words
from handlers.understanding.distro_words import DistroSaid, Verb
from handlers.understanding.intents import Answer, Order, Question
from handlers.wording.summary import Lines, Ours, Quoted, Said, Several
from models import distributions, invitations, people, prices, requests, stock
from models.distributions import Distribution, Stage, State
from models.hours import moment_of
from models.lines import Channel

INVITE, DONT = 1, 2
MOST_PLACES = 2_000
MOST_SLOTS = 96
LONGEST_PLACE = 40  # characters: an invitation is one segment
FAR = timedelta(days=60)


def distro(turn: Turn, order: Order) -> Texts:
    """DISTRO Saturday 10-14 at St Paul's, 60 places; DISTRO; DISTRO D3; DISTRO D3 80 places; DISTRO D3 OFF why."""
    said: DistroSaid = order.argument or DistroSaid(Verb.LIST)
    if not turn.speaker.on_duty:
        yield from _own(turn)
    elif said.verb is Verb.LIST:
        yield from _list(turn)
    elif said.verb is Verb.PLAN:
        yield from _plan(turn, said)
    else:
        found = distributions.by_number(turn.session, turn.line.id, said.number or 0)
        if found is None or found.stage is Stage.PLANNED:
            yield turn.reply("distro_unknown", d=Ours(f"D{said.number}"))
        elif said.verb is Verb.OFF:
            yield from _off(turn, found, said.words)
        elif said.verb is Verb.PLACES:
            yield from _resize(turn, found, said.places or 0)
        else:
            yield _counts(turn, found)


def _own(turn: Turn) -> Texts:
    """Who is not on duty hears of their own place."""
    found = distributing.booked_of(turn, turn.speaker)
    if found is None:
        yield turn.reply("not_on_duty")
        return
    distribution, one = found
    told, at = distributing.told(turn, distribution), distributing.at(turn, distribution, one.slot)
    yield turn.reply("distro_own", at=at, tag=one.tag, **told)


def _list(turn: Turn) -> Texts:
    rows = distro_clock.rows(turn)
    yield turn.reply("distro_list", rows=Lines(rows)) if rows else turn.reply("distro_none")


def _result(turn: Turn, each: Distribution) -> dict[str, Any]:
    return distro_clock.result(turn, each, distributions.counts(turn.session, each))


def _counts(turn: Turn, each: Distribution) -> Text:
    phrase = "distro_counts_over" if each.stage is Stage.OVER else "distro_counts"
    return turn.reply("distro_is_off" if each.stage is Stage.OFF else phrase, **_result(turn, each))


def _plan(turn: Turn, said: DistroSaid) -> Texts:
    """What it will be is read first, then a digit begins it.

    One person is enough, where a broadcast takes two: it goes only to those who asked for just that, in the hotline's
    own words, and to no more of them than there are places.
    """
    if (missing := _missing(said)) is not None:
        yield turn.reply("distro_how", missing=missing)
        return
    begins, ends = _when(turn, said)
    if (wrong := _wrong(turn, said, begins, ends)) is not None:
        yield wrong
        return
    assert begins is not None
    assert ends is not None
    needs = [str(need) for need in said.needs] or _in_stock(turn)
    if not said.needs and (few := _few(turn, said.places or 0)) is not None:
        yield few
        return
    lasts = timedelta(minutes=turn.line.policy.asked_lasts)
    made = distributions.add(
        turn.session,
        turn.line.id,
        said.places or 0,
        turn.now,
        by_person_id=turn.speaker.id,
        begins_at=begins,
        ends_at=ends,
        place=said.place,
        slot_minutes=min(turn.line.policy.distro_slot, int((ends - begins) / timedelta(minutes=1))),
        needs=needs,
        next_at=turn.now + lasts,
    )
    yield _ask(turn, made)


def _missing(said: DistroSaid) -> Several | None:
    """What of it was not said."""
    names = [
        *([] if said.day else [Said("distro_day")]),
        *([] if said.ends is not None else [Said("distro_hours")]),
        *([] if said.place else [Said("distro_place")]),
        *([] if said.places is not None else [Said("distro_places")]),
    ]
    return Several(names) if names else None


def _when(turn: Turn, said: DistroSaid) -> tuple[datetime | None, datetime | None]:
    """When it begins and ends; of a day of the week that is today and over, the next."""
    zone = ZoneInfo(turn.line.timezone)
    needed = timing.resolved(turn, said.day)
    if needed is None or said.begins is None or said.ends is None:
        return None, None
    day = needed.start.astimezone(zone).date()
    begins, ends = (moment_of(day, minute, zone) for minute in (said.begins, said.ends))
    if begins <= turn.now and said.day is not None and said.day.day is not None and said.day.day.kind == "weekday":
        day += 7 * DAY
        begins, ends = (moment_of(day, minute, zone) for minute in (said.begins, said.ends))
    return begins, ends


def _wrong(turn: Turn, said: DistroSaid, begins: datetime | None, ends: datetime | None) -> Text | None:
    """What cannot be as it was said."""
    if begins is None or ends is None or begins <= turn.now or begins - turn.now > FAR:
        return turn.reply("distro_past")
    if ends <= begins or (ends - begins) / timedelta(minutes=turn.line.policy.distro_slot) > MOST_SLOTS:
        return turn.reply("distro_backwards")
    if not 0 < (said.places or 0) <= MOST_PLACES:
        return turn.reply("distro_too_many", n=MOST_PLACES)
    if len(said.place) > LONGEST_PLACE:
        return turn.reply("distro_long_place", n=LONGEST_PLACE)
    if said.words and not said.needs:
        return turn.reply("distro_for", words=Quoted(said.words))
    return None


def _in_stock(turn: Turn) -> list[str]:
    """What the group has is what it is for, where nothing else was said."""
    found = stock.available(turn.session, turn.line.id, turn.now)
    return list(dict.fromkeys(need for item in found for need in item.needs if need != "other"))


def _few(turn: Turn, places: int) -> Text | None:
    """Where it is for what the group has: of what there are fewer than places, for those who were promised some."""
    for item in stock.available(turn.session, turn.line.id, turn.now):
        left = stocking.unspoken(turn, item)
        if left is not None and left < places and {*item.needs} - {"other"}:
            return turn.reply("distro_few", thing=Quoted(item.label), n=max(left, 0))
    return None


def _ask(turn: Turn, made: Distribution) -> Text:
    """What will happen, to be confirmed; or what it is for, where neither they nor the stock say so."""
    if not made.needs:
        turn.ask(turn.speaker, Question.DISTRO_FOR, words=str(made.id))
        return turn.reply("distro_for_what")
    turn.ask(turn.speaker, Question.DISTRO_PLAN, options=DONT, words=str(made.id))
    wait = invitations.count_waiting(turn.session, made, turn.now)
    cost = Ours(f"{_cost(turn, min(wait, made.places)):.2f}")
    told = distributing.told(turn, made)
    return turn.reply(
        "distro_plan", n=wait, places=_places(made), slots=Said("distro_slots", {"n": made.slots}), money=cost, **told
    )


def _places(made: Distribution) -> Said:
    return Said("distro_so_many", {"n": made.places})


def _cost(turn: Turn, households: int) -> Decimal:
    """About what it costs: for each of them an invitation, a confirmation and two reminders, by SMS."""
    home = people.reply_addresses(turn.session, [turn.speaker.id]).get(turn.speaker.id)
    one = prices.sent(turn.line.policy, Channel.SMS, home.value if home else "", 1)
    return Decimal(one * 4 * households) / prices.MILLION


def what_for(turn: Turn, intent: Answer) -> Texts:
    """The answer to "what is it for?"."""
    asked, found = turn.asked, distro_words.for_what(intent.words)
    made = distributions.by_id(turn.session, int(asked.words)) if asked else None
    if made is None or not turn.speaker.on_duty or made.stage is not Stage.PLANNED:
        turn.unask(turn.speaker)
        yield turn.reply("distro_again")
    elif not found:
        turn.unask(turn.speaker)
        yield turn.reply("distro_for", words=Quoted(intent.words))
    else:
        made.needs = [str(need) for need in found]
        turn.session.add(made)
        turn.session.flush()
        yield _ask(turn, made)


def decided(turn: Turn, intent: Answer) -> Texts:
    """1 begins it, 2 lets it be."""
    asked = turn.asked
    made = distributions.by_id(turn.session, int(asked.words)) if asked else None
    turn.unask(turn.speaker)
    if made is None:
        yield turn.reply("distro_again")
        return
    if not turn.speaker.on_duty:
        yield turn.reply("not_on_duty")
        return
    begin = intent.choice == INVITE and made.begins_at > turn.now
    to, next_at = (Stage.ON, turn.now) if begin else (Stage.OFF, None)
    if not distributions.move(turn.session, made, to, (Stage.PLANNED,), next_at=next_at):
        yield turn.reply("distro_again")
    elif begin:
        yield turn.reply("distro_begins", **distributing.told(turn, made))
        told = distributing.told(turn, made)
        name = turn.somebody(turn.speaker)
        yield from turn.tell_duty("duty_distro_begins", but=turn.speaker.id, name=name, places=_places(made), **told)
    else:
        yield turn.reply("distro_past" if intent.choice == INVITE else "distro_not")


def _resize(turn: Turn, found: Distribution, places: int) -> Texts:
    if found.stage is not Stage.ON or found.ends_at <= turn.now:
        yield _counts(turn, found)
        return
    if not 0 < places <= MOST_PLACES:
        yield turn.reply("distro_too_many", n=MOST_PLACES)
        return
    there = distributions.resize(turn.session, found, places)
    distributions.wake(turn.session, found, turn.now)
    phrase = "distro_resized" if there == places else "distro_resized_less"
    yield turn.reply(phrase, places=_places(found), **distributing.told(turn, found))


def _off(turn: Turn, found: Distribution, why: str) -> Texts:
    """Everybody who is invited or booked hears it, and what they need goes on."""
    values = {"why": why, "over_at": turn.now, "next_at": None}
    if not distributions.move(turn.session, found, Stage.OFF, (Stage.ON,), **values):
        yield _counts(turn, found)
        return
    told, texts = distributing.told(turn, found), []
    because = Said("distro_because", {"words": Quoted(why)}) if why else None
    for one in invitations.of(turn.session, found, State.INVITED, State.BOOKED, State.EXPIRED, State.FULL):
        was = one.state
        if not distributing.release(turn, found, one, State.CALLED_OFF, (was,)):
            continue
        distributing.goes_on(turn, one)
        person, request = people.by_id(turn.session, one.person_id), requests.by_id(turn.session, one.request_id)
        asked = turn.asked_of(person)
        if asked is not None and asked.question is Question.DISTRO:
            turn.unask(person)
        if request.live and person.opted_out_at is None and was in (State.INVITED, State.BOOKED):
            texts.append(turn.tell(person, "distro_called_off", about=request, why=because, **told))
    distributions.schedule(turn.session, found, None)
    stocking.handed_out(turn, found.needs, distributions.counts(turn.session, found).handed_out)
    yield turn.reply("distro_off", n=len(texts), **told)
    yield from turn.tell_duty("duty_distro_off", but=turn.speaker.id, name=turn.somebody(turn.speaker), **told)
    yield from texts
