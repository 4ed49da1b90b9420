"""The figures of what was asked for: needs, how long it took, what became of it and why not, areas, languages."""

from collections.abc import Mapping, Sequence
from datetime import date

from markupsafe import Markup

from app.pages.figures import plots
from app.pages.figures.plots import Series
from app.pages.figures.sheet import Figure, Reader, Table
from models.report.asked import CAME, NOT_MET, NOWHERE, Asked, Ending
from models.report.span import Span
from models.report.times import Waits

MOST_NEEDS = 4  # that have a pattern of their own; the others have one together
MOST_ROWS = 8  # bars
GOES_ON = (Ending.GOES_ON,)
ELSEWHERE = (Ending.UNCONFIRMED, Ending.REFERRED, Ending.WITHDRAWN, Ending.MERGED)
BECAME = {"came": CAME, "goes_on": GOES_ON, "not_met": NOT_MET, "elsewhere": ELSEWHERE}
REASONS = (*NOT_MET, Ending.UNCONFIRMED, Ending.WITHDRAWN, Ending.REFERRED)


def needs(reader: Reader, asked: Asked, span: Span) -> Figure:
    """What was asked for, by week."""
    if not asked.total:
        return reader.none("needs")
    first, others = asked.needed[:MOST_NEEDS], asked.needed[MOST_NEEDS:]
    if len(others) == 1:
        first, others = asked.needed, []
    series = [Series(reader.need(need), [asked.needs[week][need] for week in span.weeks]) for need in first]
    if others:
        rest = [sum(asked.needs[week][need] for need in others) for week in span.weeks]
        series.append(Series(reader.say("others"), rest))
    most = [
        reader.say("so_many", what=reader.need(need), count=reader.number(sum(asked.by_need[need].values())))
        for need in asked.needed[:3]
    ]
    said = reader.say("needs_said", n=asked.total, count=reader.number(asked.total), most=reader.listed(most))
    days = [reader.day(week) for week in span.weeks]
    rows = [
        [day, reader.number(asked.requests[week]), *(reader.number(each.values[n] or 0) for each in series)]
        for n, (week, day) in enumerate(zip(span.weeks, days, strict=True))
    ]
    return Figure(
        "needs",
        reader.say("needs_title"),
        said,
        plots.columns(reader.about("needs", said), days, series, reader.number)
        if plots.worth_drawing(series)
        else None,
        legend(series, "needs"),
        Table(
            reader.say("needs_table"),
            [reader.say("week"), reader.say("requests"), *(each.label for each in series)],
            rows,
        ),
        reader.per_week("by_week", span),
    )


def times(reader: Reader, name: str, waits: Waits, asked: Mapping[date, int], span: Span) -> Figure:
    """How long something took, by the week in which it was asked."""
    if not waits.whole.count:
        return reader.none(name)
    said = reader.say(
        f"{name}_said",
        n=waits.whole.count,
        count=reader.number(waits.whole.count),
        asked=reader.number(sum(asked.values())),
        within=reader.within(waits.whole),
    )
    weeks = [waits.weeks[week] for week in span.weeks]
    lines = [
        Series(reader.say("median"), [each.median.total_seconds() if each.median else None for each in weeks]),
        Series(reader.say("p90"), [each.p90.total_seconds() if each.p90 else None for each in weeks]),
    ]
    days = [reader.day(week) for week in span.weeks]
    rows = [
        [day, reader.number(asked[week]), reader.number(each.count), reader.took(each.median), reader.took(each.p90)]
        for week, day, each in zip(span.weeks, days, weeks, strict=True)
    ]
    return Figure(
        name,
        reader.say(f"{name}_title"),
        said,
        plots.times(reader.about(name, said), days, lines, reader.seconds) if plots.worth_drawing(lines) else None,
        [(plots.stroke(n), line.label) for n, line in enumerate(lines)],
        Table(
            reader.say(f"{name}_table"),
            [reader.say("week"), reader.say("requests"), reader.say(f"{name}_count"), *(s.label for s in lines)],
            rows,
        ),
        reader.per_week("by_week_log", span),
    )


def became(reader: Reader, asked: Asked) -> Figure:
    """What became of what was asked for, by kind of help."""
    if not asked.total:
        return reader.none("became")
    shown = asked.needed[:MOST_ROWS]
    series = [
        Series(
            reader.say(f"became_{name}"),
            [sum(asked.by_need[need].get(ending, 0) for ending in endings) for need in shown],
        )
        for name, endings in BECAME.items()
    ]
    said = became_said(reader, asked)
    names = [reader.need(need) for need in shown]
    everything = [
        [
            reader.need(need),
            *(reader.number(sum(asked.by_need[need].get(one, 0) for one in endings)) for endings in BECAME.values()),
        ]
        for need in asked.needed
    ]
    return Figure(
        "became",
        reader.say("became_title"),
        said,
        plots.bars(reader.about("became", said), names, series, reader.number),
        legend(series, "became"),
        Table(reader.say("became_table"), [reader.say("need"), *(each.label for each in series)], everything),
    )


def became_said(reader: Reader, asked: Asked) -> str:
    """For how many help came and for how many nobody could; that none is over, where none is."""
    ended = {name: sum(asked.endings.get(one, 0) for one in endings) for name, endings in BECAME.items()}
    count = reader.number(asked.total)
    if ended["goes_on"] == asked.total:
        return reader.say("became_open", n=asked.total, count=count)
    if asked.total == 1:
        return reader.say("became_one", what=next(reader.say(f"became_{name}") for name in BECAME if ended[name]))
    came, not_met = ended["came"], ended["not_met"]
    first = reader.say("became_said", n=came, came=reader.number(came), count=count)
    rest = reader.say("became_nobody", n=not_met, not_met=reader.number(not_met))
    return f"{first}{rest}"


def reasons(reader: Reader, asked: Asked) -> Figure:
    """Why help did not come, or why nobody knows."""
    found = sorted((e for e in REASONS if asked.endings.get(e, 0)), key=lambda e: -asked.endings[e])
    if not found:
        return reader.none("reasons", "_none" if any(asked.endings.get(ending, 0) for ending in CAME) else "_nothing")
    names = [reader.say(f"because_{ending}") for ending in found]
    counts = [asked.endings[ending] for ending in found]
    said = reader.say("reasons_said", why=names[0], count=reader.number(counts[0]))
    rows = [[name, reader.number(count)] for name, count in zip(names, counts, strict=True)]
    return Figure(
        "reasons",
        reader.say("reasons_title"),
        said,
        plots.bars(reader.about("reasons", said), names, [Series("", counts)], reader.number),
        table=Table(reader.say("reasons_table"), [reader.say("why"), reader.say("requests")], rows),
    )


def languages(reader: Reader, asked: Asked) -> Figure:
    """In which languages people asked."""
    if not asked.total:
        return reader.none("languages")
    codes = sorted(asked.languages, key=lambda code: (-asked.languages[code], code))
    counts = [asked.languages[code] for code in codes]
    names = [reader.language(code) for code in codes]
    said = reader.say("languages_said", n=len(codes), first=names[0], share=reader.percent(counts[0] / asked.total))
    shown = slice(0, MOST_ROWS)
    rows = [[name, reader.number(count)] for name, count in zip(names, counts, strict=True)]
    return Figure(
        "languages",
        reader.say("languages_title"),
        said,
        plots.bars(reader.about("languages", said), names[shown], [Series("", counts[shown])], reader.number)
        if len(codes) > 1
        else None,
        table=Table(reader.say("languages_table"), [reader.say("language"), reader.say("requests")], rows),
    )


def areas(reader: Reader, asked: Asked) -> Figure:
    """In which of the line's areas it was needed."""
    counts = {area: sum(endings.values()) for area, endings in asked.by_area.items()}
    ordered = sorted(counts, key=lambda area: (area == NOWHERE, -counts[area], area))
    if not ordered or ordered[0] == NOWHERE:
        return reader.none("areas")
    names = [area if area != NOWHERE else reader.say("areas_elsewhere") for area in ordered]
    numbers = [counts[area] for area in ordered]
    most = max(range(len(names)), key=numbers.__getitem__)
    said = reader.say("areas_said", most=names[most], share=reader.percent(numbers[most] / asked.total))
    rows = [[name, reader.number(count)] for name, count in zip(names, numbers, strict=True)]
    # No plot: the page of a busy year has no room for one more.
    table = Table(reader.say("areas_table"), [reader.say("area"), reader.say("requests")], rows)
    return Figure("areas", reader.say("areas_title"), said, table=table)


def legend(series: Sequence[Series], name: str) -> list[tuple[Markup, str]]:
    """Samples of the series of a plot, with what they are."""
    return [(plots.swatch(name, n), each.label) for n, each in enumerate(series)]
