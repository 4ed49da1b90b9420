"""Plots: what is drawn is where its numbers are, and whoever does not see it hears what it shows."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.pages.figures import plot_shapes as shapes
from app.pages.figures import plots
from app.pages.figures.plots import Series, Words
from models.report import arithmetic

SVG = "{http://www.w3.org/2000/svg}"
BLOCK = re.compile(r"M([\d.-]+) ([\d.-]+)h([\d.]+)v([\d.]+)h-[\d.]+z")
DOT = re.compile(r"M([\d.-]+) ([\d.-]+)a")
POINT = re.compile(r"([\d.-]+) ([\d.-]+)")
ROUNDED = 0.11  # coordinates have one decimal
WORDS = Words("needs", 'Needs & "more"', "Seven <b>requests</b>.")

counts = st.lists(st.integers(0, 500), min_size=1, max_size=30)
tables = st.integers(1, 14).flatmap(
    lambda wide: st.lists(st.lists(st.integers(0, 90), min_size=wide, max_size=wide), min_size=1, max_size=5)
)


def plain(value: float) -> str:
    return f"{value:g}"


def parsed(plot: Markup) -> ET.Element:
    return ET.fromstring(str(plot).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def paths(plot: ET.Element, kind: str) -> list[str]:
    drawn = plot.findall(f"{SVG}path")
    return [str(path.get("d")) for path in drawn if (path.get("class") or "").split()[-1:] == [kind]]


def texts(plot: ET.Element, kind: str) -> list[ET.Element]:
    return [text for text in plot.findall(f"{SVG}text") if text.get("class") == kind]


def axis(plot: ET.Element) -> dict[float, float]:
    """The numbers at the left, and where each of them is."""
    left = [text for text in texts(plot, "tick") if text.get("text-anchor") == "end"]
    return {float(text.text or ""): float(text.get("y") or "") - 4 for text in left}


def blocks(path: str) -> list[tuple[float, float, float, float]]:
    return [tuple(float(one) for one in found) for found in BLOCK.findall(path)]  # type: ignore[misc]


@given(tables)
def test_columns_are_as_high_as_their_numbers(numbers: list[list[int]]) -> None:
    series = [Series(f"kind {n}", values) for n, values in enumerate(numbers)]
    plot = parsed(plots.columns(WORDS, [f"day {n}" for n in range(len(numbers[0]))], series, plain))
    marks = axis(plot)
    zero = marks[0]
    unit = (zero - min(marks.values())) / max(marks)
    drawn = [blocks(path) for path in paths(plot, "bar")]
    shown = [[value for value in values if value] for values in numbers if any(values)]
    assert [len(each) for each in drawn] == [len(each) for each in shown]
    for rectangles, values in zip(drawn, shown, strict=True):
        for (_, _, _, high), value in zip(rectangles, values, strict=True):
            assert high == pytest.approx(value * unit, abs=ROUNDED)
    tops: dict[float, list[tuple[float, float]]] = {}
    for x, y, _, high in (rectangle for rectangles in drawn for rectangle in rectangles):
        tops.setdefault(x, []).append((y, y + high))
    for column in tops.values():  # each begins where the last one ended, and the first at zero
        assert column[0][1] == pytest.approx(zero, abs=2 * ROUNDED)
        for (top, _), (_, bottom) in pairwise(column):
            assert bottom == pytest.approx(top, abs=2 * ROUNDED)
    assert max(map(sum, zip(*numbers, strict=True))) <= max(marks)


@given(st.lists(st.one_of(st.none(), st.floats(1, 10_000_000)), min_size=1, max_size=20))
def test_a_line_goes_through_its_times(seconds: list[float | None]) -> None:
    plot = parsed(plots.times(WORDS, ["day"] * len(seconds), [Series("median", seconds)], plain))
    points = [(float(x) + 3.5, float(y)) for x, y in DOT.findall(paths(plot, "mark-1")[0])]
    known = [one for one in seconds if one is not None]
    assert len(points) == len(known)
    marks = axis(plot)
    low, high = min(marks), max(marks)
    unit = (marks[low] - marks[high]) / math.log(high / low)
    for (_, y), value in zip(points, known, strict=True):  # twice as long is as much higher, however long it is
        assert marks[low] - y == pytest.approx(unit * math.log(max(value, low) / low), abs=0.3)
    order = sorted(zip(known, points, strict=True), key=lambda each: each[0])
    heights = [y for _, (_, y) in order]
    assert heights == sorted(heights, reverse=True)


def test_a_line_has_a_gap_where_nothing_was_measured() -> None:
    plot = parsed(plots.times(WORDS, ["a", "b", "c", "d"], [Series("", [60, 300, None, 900])], plain))
    assert paths(plot, "line-1")[0].count("M") == 1
    assert len(paths(plot, "mark-1")[0].split("z")) == 4
    assert [*axis(plot)] == [60, 300, 900]


@given(counts)
def test_bars_are_as_long_as_their_numbers(numbers: list[int]) -> None:
    plot = parsed(plots.bars(WORDS, [f"row {n}" for n in range(len(numbers))], [Series("", numbers)], plain))
    assert [int(text.text or "") for text in texts(plot, "count")] == numbers
    unit = shapes.WIDTH / max(*numbers, plots.SHORT)
    drawn = blocks("".join(paths(plot, "bar")))
    for (x, y, wide, _), (row, value) in zip(
        drawn, [(row, value) for row, value in enumerate(numbers) if value], strict=True
    ):
        assert x == 0
        assert y == pytest.approx(row * plots.ROW + 20)
        assert wide == pytest.approx(value * unit, abs=ROUNDED)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=20).filter(any))
def test_the_curve_of_the_load_is_under_the_line_of_equal_shares(carried: list[int]) -> None:
    curve = arithmetic.lorenz(carried)
    plot = parsed(plots.shares(WORDS, curve, lambda part: f"{100 * part:g}", "people", "load"))
    marks = axis(plot)
    (line,) = paths(plot, "line-1")
    points = [(float(x), float(y)) for x, y in POINT.findall(line)]
    left, right = points[0][0], points[-1][0]
    for (x, y), (people, load) in zip(points, curve, strict=True):
        assert x == pytest.approx(left + people * (right - left), abs=ROUNDED)
        assert y == pytest.approx(marks[0] + load * (marks[100] - marks[0]), abs=ROUNDED)
        assert load <= people + 1e-9


@given(st.one_of(st.just(0.0), st.floats(0.001, 1e6)), st.booleans())
def test_marks_are_round_few_and_reach_the_largest(most: float, whole: bool) -> None:
    marks = shapes.ticks(most, whole=whole)
    steps = {b - a for a, b in pairwise(marks)}
    assert marks[0] == 0
    assert marks[-1] >= most * (1 - 1e-9)
    assert 2 <= len(marks) <= 6
    assert len({f"{step:.6g}" for step in steps}) == 1
    assert f"{steps.pop():e}"[0] in "125"
    assert not whole or all(mark.is_integer() for mark in marks)


@pytest.mark.parametrize(
    "plot",
    [
        plots.columns(WORDS, ["<a>"], [Series("x", [3])], plain, usual=[2]),
        plots.times(WORDS, ["<a>"], [Series("x", [90]), Series("y", [900])], plain),
        plots.bars(WORDS, ["<a>"], [Series("x", [3])], plain),
        plots.shares(WORDS, [(0, 0), (1, 1)], plain, "<a>", "up"),
    ],
    ids=["columns", "times", "bars", "shares"],
)
def test_a_screen_reader_hears_title_and_description(plot: Markup) -> None:
    found = parsed(plot)
    assert found.get("role") == "img"
    named = [element for key in (found.get("aria-labelledby") or "").split() for element in by_id(found, key)]
    assert [element.text for element in named] == [WORDS.title, WORDS.description]
    assert [element.tag for element in named] == [f"{SVG}title", f"{SVG}desc"]
    assert "<a>" in [text.text for text in found.findall(f"{SVG}text")]
    assert "style" not in {name for element in found.iter() for name in element.attrib}


def by_id(plot: ET.Element, key: str) -> Sequence[ET.Element]:
    return [element for element in plot.iter() if element.get("id") == key]


def test_series_are_told_apart_without_color() -> None:
    """Each has a pattern of its own, and the legend shows just that one."""
    series = [Series(f"kind {n}", [1]) for n in range(shapes.PATTERNS)]
    plot = parsed(plots.columns(WORDS, ["a"], series, plain))
    patterns = {one.get("id"): [path.get("d") for path in one] for one in plot.iter(f"{SVG}pattern")}
    assert len({tuple(drawn) for drawn in patterns.values()}) == shapes.PATTERNS
    for n in range(shapes.PATTERNS):
        assert f"url(#{shapes.fill_of('needs', n)})" in plots.swatch("needs", n)
        assert shapes.fill_of("needs", n) in patterns
    lines = parsed(plots.times(WORDS, ["a"], [Series("x", [90]), Series("y", [90])], plain))
    assert paths(lines, "mark-1") != paths(lines, "mark-2")
