"""The figures of what the line carries: texts and money by day and lane, what comes in just now, and what waits."""

from collections.abc import Sequence
from datetime import date, datetime

from app.pages.figures import plots
from app.pages.figures.asked import legend
from app.pages.figures.plots import Series
from app.pages.figures.sheet import Figure, Reader, Table
from models.delivery.outbound import Lane
from models.report.pressure import Queue, Surging
from models.report.texts import Texts
from models.requests import State

AGES = ("hour", "six_hours", "day", "three_days", "week", "more")
STATES = (State.OPEN, State.CLAIMED, State.DELIVERED, State.HELD, State.DRAFT)


def texts(reader: Reader, sent: Texts) -> Figure:
    """Texts by day and by lane."""
    whole = sent.whole
    if not whole.texts:
        return reader.none("texts")
    said = reader.say(
        "texts_said",
        n=whole.texts,
        count=reader.number(whole.texts),
        segments=reader.number(whole.segments),
        since=since(reader, sent),
    )
    lanes = [lane for lane in Lane if sent.of_lane(lane).texts]
    series = [Series(lane_name(reader, lane), [day[lane].texts for day in sent.days.values()]) for lane in lanes]
    days = [reader.day(day) for day in sent.days]
    rows = [
        [name, *(reader.number(day[lane].texts) for lane in lanes), reader.number(sent.of_day(when).segments)]
        for name, (when, day) in zip(days, sent.days.items(), strict=True)
    ]
    head = [reader.say("day"), *(each.label for each in series), reader.say("segments")]
    return Figure(
        "texts",
        reader.say("texts_title"),
        said,
        plots.columns(reader.about("texts", said), days, series, reader.number)
        if plots.worth_drawing(series)
        else None,
        legend(series, "texts"),
        Table(reader.say("texts_table"), head, rows),
        reader.say("by_day"),
    )


def money(reader: Reader, sent: Texts, today: date) -> Figure:
    """Money by day and by lane, and for what came in."""
    whole = sent.whole.money + sent.heard_whole.money
    if not whole:
        return reader.none("money")
    lanes = [lane for lane in Lane if sent.of_lane(lane).money]
    amounts = {lane_name(reader, lane): [day[lane].money for day in sent.days.values()] for lane in lanes}
    if sent.heard_whole.money:
        amounts[reader.say("lane_heard")] = [sent.heard[day].money for day in sent.days]
    dearest = max(amounts, key=lambda name: sum(amounts[name]))
    said = reader.say(
        "money_said",
        money=reader.money(whole),
        since=since(reader, sent),
        today=reader.money(sent.money_of(today)),
        most=dearest,
        share=reader.percent(float(sum(amounts[dearest]) / whole)),
    )
    spent = [Series(name, [float(amount) for amount in each]) for name, each in amounts.items()]
    days = [reader.day(day) for day in sent.days]
    rows = [
        [name, *(reader.money(each[n]) for each in amounts.values()), reader.money(sent.money_of(day))]
        for n, (name, day) in enumerate(zip(days, sent.days, strict=True))
    ]
    head = [reader.say("day"), *amounts, reader.say("together")]
    return Figure(
        "money",
        reader.say("money_title"),
        said,
        plots.columns(reader.about("money", said), days, spent, reader.price_mark)
        if plots.worth_drawing(spent)
        else None,
        legend(spent, "money"),
        Table(reader.say("money_table"), head, rows),
        reader.say("by_day"),
    )


def since(reader: Reader, sent: Texts) -> str:
    """Since when texts are counted."""
    return reader.since(min(sent.days), max(sent.days))


def lane_name(reader: Reader, lane: Lane) -> str:
    """What a lane carries, in the reader's words."""
    return reader.say(f"lane_{lane.name.lower()}")


def surging(reader: Reader, found: Surging) -> Figure:
    """New requests an hour, beside what the line is used to."""
    if not found.new and not found.usual:
        return reader.none("surge")
    new_ones = reader.say("surge_said", n=found.new)
    said = (
        f"{new_ones} {reader.say('surge_usually', n=round(found.usual)) if found.usual else reader.say('surge_yet')}"
    )
    if found.held_since is not None:
        said = f"{said} {reader.say('surge_held', when=when(reader, found.held_since))}"
    hours = [reader.hour(hour.begins) for hour in found.hours]
    new = [Series(reader.say("surge_new"), [hour.new for hour in found.hours])]
    usual = [hour.usual for hour in found.hours]
    rows = [
        [name, reader.number(hour.new), reader.number(hour.usual)]
        for name, hour in zip(hours, found.hours, strict=True)
    ]
    return Figure(
        "surge",
        reader.say("surge_title"),
        said,
        plots.columns(reader.about("surge", said), hours, new, reader.number, usual=usual)
        if plots.worth_drawing(new, usual)
        else None,
        [*legend(new, "surge"), (plots.stroke(-1), reader.say("surge_usual"))],
        Table(
            reader.say("surge_table"),
            [reader.say("hour"), reader.say("surge_new"), reader.say("surge_usual")],
            rows,
        ),
        reader.say("by_hour"),
    )


def queue(reader: Reader, found: Queue, now: datetime) -> Figure:
    """What is not over, and how long what nobody has taken has waited."""
    if not found.live:
        return reader.none("queue")
    named = [reader.say(f"state_{state}", n=found.states[state]) for state in STATES if found.states.get(state, 0)]
    said = reader.say("queue_said", n=found.live, states=reader.listed(named))
    if found.oldest is not None:
        age = reader.long(now - found.oldest)
        said = f"{said} {reader.say('queue_oldest', n=found.states.get(State.OPEN, 0), age=age)}"
    ages: Sequence[str] = [reader.say(f"age_{age}") for age in AGES]
    states = [
        [reader.say(f"is_{state}"), reader.number(found.states[state])] for state in STATES if state in found.states
    ]
    rows = [[age, reader.number(count)] for age, count in zip(ages, found.ages, strict=True)]
    return Figure(
        "queue",
        reader.say("queue_title"),
        said,
        plots.bars(reader.about("queue", said), ages, [Series("", found.ages)], reader.number),
        table=Table(reader.say("queue_table"), [reader.say("waits"), reader.say("requests")], [*states, *rows]),
        axis=reader.say("queue_axis"),
    )


def when(reader: Reader, moment: datetime) -> str:
    """`Tue 4:30 PM`."""
    return reader.words.book.time(moment, reader.zone)
