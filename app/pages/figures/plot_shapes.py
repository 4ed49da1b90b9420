"""What plots are drawn from: scales with round ticks, paths, texts. Numbers in, SVG out; colors are classes."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH = 320  # of every plot, in its own units: on the narrowest phone one is nearly a pixel
LETTER = 13.5  # units, the height of all letters: never under 11 pixels on a phone of 320
PATTERNS = 5  # how many series can be told apart, by their pattern as well as by their color
# Seconds that mark an axis of time: a minute, a quarter of an hour, an hour, and so on to a year.
MARKS = (60, 300, 900, 3600, 4 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)


@dataclass(frozen=True)
class Box:
    """The part of a plot in which the numbers are, by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Scale:
    """Where a number from 0 to `most` is on an axis that goes from one coordinate to another."""

    most: float
    begins: float
    ends: float

    def at(self, number: float) -> float:
        """The coordinate of a number."""
        return self.begins + (self.ends - self.begins) * number / self.most


@dataclass(frozen=True)
class TimeScale:
    """The same for seconds, of which each mark is as far from the next however long it is (logarithmic)."""

    least: float
    most: float
    begins: float
    ends: float

    @classmethod
    def around(cls, seconds: Iterable[float], begins: float, ends: float) -> "TimeScale":
        """From the mark before the shortest time to the mark after the longest."""
        each = [max(one, MARKS[0]) for one in seconds]
        low = max(mark for mark in MARKS if mark <= min(each))
        high = next((mark for mark in MARKS if mark >= max(each) and mark > low), None)
        return cls(low, high or max(each), begins, ends)

    def at(self, seconds: float) -> float:
        """The coordinate of a time; what is shorter than the shortest mark is where that is."""
        part = math.log(max(seconds, self.least) / self.least) / math.log(self.most / self.least)
        return self.begins + (self.ends - self.begins) * part

    @property
    def marks(self) -> list[int]:
        """The marks on it."""
        return [mark for mark in MARKS if self.least <= mark <= self.most]


def ticks(most: float, *, whole: bool = True) -> list[float]:
    """Round numbers from 0 to at least `most`, a few of them, evenly spaced; without fractions if `whole`."""
    step = 10.0 ** math.floor(math.log10(most / 2)) if most > 0 else 1.0
    if whole:
        step = max(step, 1.0)
    step = next(step * times for times in (1, 2, 5, 10) if most / (step * times) <= 4)
    return [n * step for n in range(max(math.ceil(most / step - 1e-9), 1) + 1)]


def number(coordinate: float) -> str:
    """A coordinate, to a tenth."""
    return f"{coordinate:.1f}".removesuffix(".0")


def svg(name: str, title: str, description: str, height: float, inside: Iterable[Markup]) -> Markup:
    """The plot, which a screen reader reads as its title and its description."""
    return Markup(
        '<svg class="plot" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-title {name}-words">'
        '<title id="{name}-title">{title}</title><desc id="{name}-words">{description}</desc>{inside}</svg>'
    ).format(
        width=WIDTH,
        height=number(height),
        name=name,
        title=title,
        description=description,
        inside=Markup("").join(inside),
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> Markup:
    """Words whose first, middle or last letter (`anchor`: start, middle, end) is here."""
    said = Markup('<text x="{x}" y="{y}"{anchor}{kind}>{words}</text>')
    return said.format(
        x=number(x),
        y=number(y),
        anchor=Markup("") if anchor == "start" else Markup(' text-anchor="{}"').format(anchor),
        kind=Markup(' class="{}"').format(kind) if kind else Markup(""),
        words=words,
    )


def path(kind: str, d: str, *, fill: str = "") -> Markup:
    """A path with this class; `fill` is the id of a pattern."""
    filled = Markup(' fill="url(#{})"').format(fill) if fill else Markup("")
    return Markup('<path class="{kind}"{fill} d="{d}"/>').format(kind=kind, fill=filled, d=d)


def block(left: float, top: float, right: float, bottom: float) -> str:
    """A rectangle, as part of a path."""
    x, y, wide, high = number(left), number(top), number(right - left), number(bottom - top)
    return f"M{x} {y}h{wide}v{high}h-{wide}z"


def polyline(points: Sequence[tuple[float, float]]) -> str:
    """A line through these points, as part of a path."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def dot(x: float, y: float) -> str:
    """A round mark, as part of a path."""
    return f"M{number(x - 3.5)} {number(y)}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z"


def square(x: float, y: float) -> str:
    """A square mark, as part of a path."""
    return block(x - 3, y - 3, x + 3, y + 3)


# What is drawn over the color of a series: nothing, slanted lines, dots, level lines, a cross-hatch.
STROKES = (
    "",
    "M-1 7L7 -1M-1 1L1 -1M5 7L7 5",
    "M1.5 1.5h1.6v1.6h-1.6zM4.5 4.5h1.6v1.6h-1.6z",
    "M0 3h6",
    "M0 3h6M3 0v6",
)


def patterns(name: str, count: int) -> Markup:
    """The patterns of so many series of a plot; `fill_of` is the id of each."""
    each = Markup(
        '<pattern id="{id}" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<path class="fill-{n}" d="M0 0h6v6h-6z"/><path class="ink-{n}" d="{strokes}"/></pattern>'
    )
    made = (each.format(id=fill_of(name, n), n=n + 1, strokes=STROKES[n]) for n in range(min(count, PATTERNS)))
    return Markup("<defs>{}</defs>").format(Markup("").join(made))


def fill_of(name: str, series: int) -> str:
    """The id of the pattern of a series, counted from 0."""
    return f"{name}-fill-{series % PATTERNS + 1}"
