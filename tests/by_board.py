"""What is done on the board beside its text: the same story on two hotlines, once texted and once pressed.

Every text that left and every row that is kept must be the same on both, but for what chance names and for the
browser's own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import sqlalchemy as sa
from sqlmodel import SQLModel

from app.hotline import Hotline
from models.store.session import Session
from tests.visiting import BETWEEN, LINK, Visitor

BY_CHANCE = frozenset({"sid", "key", "hash_key", "code_word", "leased_by"})  # columns
ITS_OWN = frozenset({"boardsession", "worker"})  # tables of the browser, and of the process
CHANCE = "(by chance)"

Row = dict[str, Any]
Story = Callable[[Hotline], Visitor]  # what went before; returns who acts, already on the board
Press = Callable[[Visitor], httpx.Response]  # what they do there; returns the page that follows

Begin = Callable[[Hotline], dict[str, Visitor]]  # what went before; who is there, on the board
Step = tuple[str, str, str, dict[str, str]]  # who; what they text; on which page, with which fields, they press


@dataclass(frozen=True)
class Trace:
    """What an act leaves: the texts that left because of it and to whom, and all that is kept then, by table."""

    texts: list[tuple[str, str]]
    kept: dict[str, list[Row]]


def same(pair: tuple[Hotline, Hotline], story: Story, words: str, press: Press) -> Trace:
    """Assert that the press does what the text does, which must do something; what it left."""
    texted, pressed = both_ways(pair, story, words, press)
    assert texted.texts, "nobody was answered"
    assert pressed.texts == texted.texts
    for table, rows in texted.kept.items():
        assert pressed.kept[table] == rows, table
    return texted


def both_ways(pair: tuple[Hotline, Hotline], story: Story, words: str, press: Press) -> tuple[Trace, Trace]:
    """Play the story on both hotlines; then who acts texts `words` on the one, and presses it on the other."""

    def pressed(by: Visitor) -> None:
        by.hotline.clock.advance(BETWEEN)
        answer = press(by)
        assert answer.status_code == 200, answer.text
        by.carried()

    return _trace(pair[0], story, lambda by: by.says(words)), _trace(pair[1], story, pressed)


def same_story(
    pair: tuple[Hotline, Hotline], begin: Begin, steps: Sequence[Step], end: Callable[[dict[str, Visitor]], None]
) -> list[tuple[str, str]]:
    """Play all steps, once texted and once pressed, and assert that both leave the same; every text that left."""
    traces = list[Trace]()
    for hotline, pressed in zip(pair, (False, True), strict=True):
        all_ = begin(hotline)
        for who, words, path, fields in steps:
            by = all_[who]
            if pressed:
                hotline.clock.advance(BETWEEN)
                answer = by.submit(path, **fields)
                assert answer.status_code == 200, answer.text
                assert by.carried(), f"nobody hears of {words}"
            else:
                by.says(words)
        end(all_)
        kept = hotline.database.read(_kept)
        traces.append(Trace([(row["to"], row["body"]) for row in kept["outbound"]], kept))
    texted, pressed_ = traces
    assert pressed_.texts == texted.texts
    for table, rows in texted.kept.items():
        assert pressed_.kept[table] == rows, table
    return texted.texts


def _trace(hotline: Hotline, story: Story, act: Callable[[Visitor], object]) -> Trace:
    by = story(hotline)
    by.carried()
    before = len(hotline.database.read(_kept)["outbound"])
    act(by)
    kept = hotline.database.read(_kept)
    return Trace([(row["to"], row["body"]) for row in kept["outbound"][before:]], kept)


def _kept(session: Session) -> dict[str, list[Row]]:
    tables = [table for table in SQLModel.metadata.sorted_tables if table.name not in ITS_OWN]
    rows = {table.name: _rows(session, table) for table in tables}
    codes = {row["code_word"] for row in rows["request"]} - {""}
    by_chance = re.compile("|".join([LINK.pattern, *(rf"\b{re.escape(code)}\b" for code in codes)]))
    for row in (row for found in rows.values() for row in found):
        for name in BY_CHANCE & row.keys():
            del row[name]
        row |= {name: by_chance.sub(CHANCE, value) for name, value in row.items() if isinstance(value, str)}
    return rows


def _rows(session: Session, table: sa.Table) -> list[Row]:
    found = session.execute(sa.select(table).order_by(*table.primary_key.columns))
    return [dict(row._mapping) for row in found]
