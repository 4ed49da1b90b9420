"""Plots, drawn as SVG by the server: columns, lines of how long something took, bars, how evenly a load is shared.

They are given words in the reader's language, and numbers. What a series is can be seen by its pattern, its mark or
its place as well as by its color, and the same numbers are in a table beneath (templates/figure.html).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from app.pages.figures import plot_shapes as shapes
from app.pages.figures.plot_shapes import LETTER, WIDTH, Box, Scale, TimeScale

Says = Callable[[float], str]  # a number as the reader's language writes it
LABELS = 4  # along an axis, that do not touch each other
NUMBER = 34.0  # units, for the number before the words of a bar
ROW = 40.0  # units, of a bar with its words above it
GAP = 0.22  # of a column, to the next one
FEW = 3  # columns or points: of fewer a sentence and a table say all
SHORT = 10  # what a bar as long as its plot stands for at least: a single one is a short bar


@dataclass(frozen=True)
class Words:
    """What a plot is about: a name for ids, a title, and a description for whoever does not see it."""

    name: str
    title: str
    description: str


@dataclass(frozen=True)
class Series:
    """Numbers of one kind, one for each column or row; None is a gap."""

    label: str
    values: Sequence[float | None]


def worth_drawing(series: Sequence[Series], usual: Sequence[float] = ()) -> bool:
    """Whether there are enough columns or points that are more than nothing."""
    columns = zip(*(each.values for each in series), *([usual] if usual else []), strict=True)
    return sum(any(column) for column in columns) >= FEW


def columns(
    words: Words, under: Sequence[str], stacked: Sequence[Series], says: Says, *, usual: Sequence[float] = ()
) -> Markup:
    """Columns side by side, the series of each one upon the other; `usual` is a line across them."""
    box = Box(48, 12, WIDTH - 8, 172)
    tops = [sum(series.values[n] or 0 for series in stacked) for n in range(len(under))]
    most = max([*tops, *usual], default=0)
    whole = all(float(value or 0).is_integer() for series in stacked for value in series.values)
    marks = shapes.ticks(most, whole=whole)
    scale = Scale(marks[-1], box.bottom, box.top)
    wide = box.width / max(len(under), 1)
    drawn = [shapes.patterns(words.name, len(stacked)), *_grid(box, [(scale.at(m), says(m)) for m in marks])]
    floor = [0.0] * len(under)
    for n, series in enumerate(stacked):
        blocks = []
        for column, value in enumerate(series.values):
            if value:
                left = box.left + (column + GAP / 2) * wide
                upper = floor[column] + float(value)
                blocks.append(shapes.block(left, scale.at(upper), left + wide * (1 - GAP), scale.at(floor[column])))
                floor[column] = upper
        if blocks:
            drawn.append(shapes.path("bar", "".join(blocks), fill=shapes.fill_of(words.name, n)))
    if usual:
        steps = [
            (box.left + (column + side) * wide, scale.at(value))
            for column, value in enumerate(usual)
            for side in (0, 1)
        ]
        drawn.append(shapes.path("usual", shapes.polyline(steps)))
    drawn += _under(box, under)
    return shapes.svg(words.name, words.title, words.description, box.bottom + 28, drawn)


def times(words: Words, under: Sequence[str], lines: Sequence[Series], says: Says) -> Markup:
    """How many seconds something took, a line a series, on an axis where minutes and weeks both have room."""
    box = Box(58, 12, WIDTH - 8, 172)
    known = [value for series in lines for value in series.values if value is not None]
    scale = TimeScale.around(known or [60.0], box.bottom, box.top)
    wide = box.width / max(len(under), 1)
    drawn = _grid(box, [(scale.at(mark), says(mark)) for mark in scale.marks])
    for n, series in enumerate(lines):
        points = [
            None if value is None else (box.left + (column + 0.5) * wide, scale.at(value))
            for column, value in enumerate(series.values)
        ]
        line = "".join(shapes.polyline((a, b)) for a, b in pairwise(points) if a and b)
        marks = "".join((shapes.square if n else shapes.dot)(*point) for point in points if point)
        drawn += [shapes.path(f"line line-{n + 1}", line), shapes.path(f"mark mark-{n + 1}", marks)]
    drawn += _under(box, under)
    return shapes.svg(words.name, words.title, words.description, box.bottom + 28, drawn)


def bars(words: Words, rows: Sequence[str], stacked: Sequence[Series], says: Says) -> Markup:
    """Bars one below the other, each with its number and its words above it; series go on where the last one ends."""
    totals = [sum(series.values[n] or 0 for series in stacked) for n in range(len(rows))]
    scale = Scale(max([*totals, SHORT]), 0, WIDTH)
    drawn = [shapes.patterns(words.name, len(stacked))]
    for n, (row, total) in enumerate(zip(rows, totals, strict=True)):
        above = n * ROW + LETTER + 2
        drawn += [
            shapes.text(NUMBER, above, says(total), anchor="end", kind="count"),
            shapes.text(NUMBER + 8, above, row, kind="row"),
        ]
    tracks = "".join(shapes.block(0, n * ROW + 20, WIDTH, n * ROW + 32) for n in range(len(rows)))
    drawn.append(shapes.path("track", tracks))
    reached = [0.0] * len(rows)
    for n, series in enumerate(stacked):
        blocks = []
        for row_number, value in enumerate(series.values):
            if value:
                begins, reached[row_number] = reached[row_number], reached[row_number] + float(value)
                top = row_number * ROW + 20
                blocks.append(shapes.block(scale.at(begins), top, scale.at(reached[row_number]), top + 12))
        if blocks:
            drawn.append(shapes.path("bar", "".join(blocks), fill=shapes.fill_of(words.name, n)))
    return shapes.svg(words.name, words.title, words.description, len(rows) * ROW, drawn)


def shares(words: Words, curve: Sequence[tuple[float, float]], says: Says, across: str, up: str) -> Markup:
    """A Lorenz curve, and the straight line on which it would be if everybody carried the same."""
    box = Box(58, 26, 298, 216)
    x, y = Scale(1, box.left, box.right), Scale(1, box.bottom, box.top)
    points = [(x.at(people), y.at(load)) for people, load in curve]
    area = shapes.polyline([*points, (box.right, box.bottom)]) + "z"
    drawn = [
        shapes.patterns(words.name, 1),
        *_grid(box, [(y.at(part), says(part)) for part in (0, 0.5, 1)]),
        shapes.path("even", shapes.polyline([(box.left, box.bottom), (box.right, box.top)])),
        shapes.path("bar", area, fill=shapes.fill_of(words.name, 0)),
        shapes.path("line line-1", shapes.polyline(points)),
        shapes.text(0, LETTER, up, kind="axis"),
        *(shapes.text(x.at(part), box.bottom + 18, says(part), anchor="middle", kind="tick") for part in (0, 0.5, 1)),
        shapes.text(box.right, box.bottom + 36, across, anchor="end", kind="axis"),
    ]
    return shapes.svg(words.name, words.title, words.description, box.bottom + 42, drawn)


def swatch(name: str, series: int) -> Markup:
    """A sample of how a series of columns or bars is filled, for the legend of that plot."""
    drawn = shapes.path("bar", shapes.block(0, 0, 18, 12), fill=shapes.fill_of(name, series))
    return Markup('<svg class="swatch" viewBox="0 0 18 12" aria-hidden="true">{}</svg>').format(drawn)


def stroke(series: int) -> Markup:
    """A sample of a line and its mark; -1 is the line of what is usual."""
    if series < 0:
        drawn = shapes.path("usual", "M0 6h26")
    else:
        mark = (shapes.square if series else shapes.dot)(13, 6)
        drawn = shapes.path(f"line line-{series + 1}", "M0 6h26") + shapes.path(f"mark mark-{series + 1}", mark)
    return Markup('<svg class="stroke" viewBox="0 0 26 12" aria-hidden="true">{}</svg>').format(drawn)


def _grid(box: Box, marks: Sequence[tuple[float, str]]) -> list[Markup]:
    """Level lines with what they stand for at the left."""
    lines = "".join(f"M{shapes.number(box.left)} {shapes.number(y)}H{shapes.number(box.right)}" for y, _ in marks)
    said = [shapes.text(box.left - 6, y + 4, label, anchor="end", kind="tick") for y, label in marks]
    return [shapes.path("grid", lines), *said]


def _under(box: Box, labels: Sequence[str]) -> list[Markup]:
    """Some of the labels of the columns, so few that they do not touch."""
    wide = box.width / max(len(labels), 1)
    step = max(-(-len(labels) // LABELS), 1)
    return [
        shapes.text(box.left + (n + 0.5) * wide, box.bottom + 20, labels[n], anchor="middle", kind="tick")
        for n in range(0, len(labels), step)
    ]
