"""The figures of those who help: how many are asked for one yes, how even the load is, how soon duty answers."""

from collections.abc import Mapping
from datetime import date

from app.pages.figures import plots
from app.pages.figures.plots import Series
from app.pages.figures.sheet import NOTHING, Figure, Reader, Table
from models.report import arithmetic
from models.report.duty import Duty
from models.report.helping import Asks, Load
from models.report.span import Span

FEW = 3  # volunteers, or requests: of fewer nothing is told, for it would be of somebody
TENTHS = 10


def asks(reader: Reader, weeks: Mapping[date, Asks], span: Span) -> Figure:
    """How many volunteers were asked for one claim, by week."""
    asked, claimed = sum(each.asked for each in weeks.values()), sum(each.claimed for each in weeks.values())
    if not claimed:
        return reader.none("asks")
    said = reader.say(
        "asks_said",
        asked=reader.number(asked),
        claimed=reader.number(claimed),
        each=reader.number(asked / claimed),
    )
    days = [reader.day(week) for week in span.weeks]
    each = [Series("", [weeks[week].per_claim for week in span.weeks])]
    rows = [
        [
            day,
            reader.number(weeks[week].asked),
            reader.number(weeks[week].claimed),
            NOTHING if (per_claim := weeks[week].per_claim) is None else reader.number(per_claim),
        ]
        for week, day in zip(span.weeks, days, strict=True)
    ]
    head = [reader.say(key) for key in ("week", "asked", "claimed", "asks_each")]
    return Figure(
        "asks",
        reader.say("asks_title"),
        said,
        plots.columns(reader.about("asks", said), days, each, reader.number) if plots.worth_drawing(each) else None,
        table=Table(reader.say("asks_table"), head, rows),
        axis=reader.per_week("asks_axis", span),
    )


def load(reader: Reader, carried: Load) -> Figure:
    """How evenly the load is shared, without a word of who has how much."""
    people, gini = len(carried.carried), carried.gini
    if gini is None:
        return reader.none("load")
    if people < FEW or carried.total < FEW:
        return reader.none("load", "_few")
    busy = max(round(people / TENTHS), 1)
    said = reader.say(
        "load_said",
        n=busy,
        people=reader.number(people),
        count=reader.number(carried.total),
        share=reader.percent(sum(carried.carried[-busy:]) / carried.total),
    )
    curve = arithmetic.lorenz(carried.carried)
    parts = [n / TENTHS for n in range(1, TENTHS + 1)]
    rows = [[reader.percent(part), reader.percent(arithmetic.share_of(curve, part))] for part in parts]
    return Figure(
        "load",
        reader.say("load_title"),
        said,
        plots.shares(
            reader.about("load", said), curve, reader.percent, reader.say("load_people"), reader.say("load_share")
        ),
        [(plots.stroke(0), reader.say("load_is")), (plots.stroke(-1), reader.say("load_even"))],
        Table(
            reader.say("load_table", gini=reader.ratio(gini)),
            [reader.say("load_people"), reader.say("load_share")],
            rows,
        ),
    )


def duty(reader: Reader, found: Duty, span: Span) -> Figure:
    """How soon somebody on duty answered, by the week in which it was for them."""
    kinds = {"alarms": found.alarms, "tasks": found.tasks}
    if not any(each.waits.whole.count for each in kinds.values()):
        return reader.none("duty")
    said = " ".join(
        reader.say(
            f"duty_{kind}_said",
            n=each.waits.whole.count,
            within=reader.within(each.waits.whole),
        )
        for kind, each in kinds.items()
    )
    if waiting := found.alarms.waiting + found.tasks.waiting:
        said = f"{said} {reader.say('duty_waiting', n=waiting)}"
    lines = []
    for kind, answered in kinds.items():
        medians = [answered.waits.weeks[week].median for week in span.weeks]
        lines.append(Series(reader.say(f"duty_{kind}"), [m.total_seconds() if m else None for m in medians]))
    days = [reader.day(week) for week in span.weeks]
    rows = []
    for week, day in zip(span.weeks, days, strict=True):
        row = [day]
        for each in kinds.values():
            took = each.waits.weeks[week]
            row += [reader.number(took.count), reader.took(took.median), reader.took(took.p90)]
        rows.append(row)
    head = [reader.say("week")]
    for line in lines:
        head += [line.label, f"{line.label}: {reader.say('median')}", f"{line.label}: {reader.say('p90')}"]
    return Figure(
        "duty",
        reader.say("duty_title"),
        said,
        plots.times(reader.about("duty", said), days, lines, reader.seconds) if plots.worth_drawing(lines) else None,
        [(plots.stroke(n), line.label) for n, line in enumerate(lines)],
        Table(reader.say("duty_table"), head, rows),
        reader.per_week("duty_axis", span),
    )
