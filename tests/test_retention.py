"""Nobody adds a column without saying what it is for once its person is erased."""

import pytest
from sqlalchemy import JSON, String
from sqlmodel import SQLModel

from models import METADATA, retention
from models.retention import BLANK, ERASE, MARK, RETENTION, Use
from models.store.types import table

TABLES = {table(of).name: of for of in RETENTION}


def test_every_table_is_assigned() -> None:
    assert set(TABLES) == set(METADATA.tables)


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_every_column_is_kept_blanked_or_erased(name: str) -> None:
    assert set(RETENTION[TABLES[name]].uses) == set(METADATA.tables[name].columns.keys())


def test_a_column_that_nobody_has_assigned_is_found() -> None:
    """The walk itself: without the declaration of one column the sets differ."""
    uses = dict(RETENTION[TABLES["person"]].uses)
    del uses["name"]
    assert set(uses) != set(METADATA.tables["person"].columns.keys())


@pytest.mark.parametrize("of", [of for of, kept in RETENTION.items() if kept.of and not kept.goes])
def test_what_is_blanked_has_an_empty_value(of: type[SQLModel]) -> None:
    empty = retention.blanks(of)
    assert set(empty) == {name for name, use in RETENTION[of].uses.items() if use in (BLANK, MARK)}


# Words that are the hotline's, the host's or the carrier's own: none of them is a person's.
NOT_PEOPLES = {
    "line": "name sms whatsapp language timezone country emergency_number web_address carrier answering "
    "resources rules answers hash_key swept currency",
    "area": "name aliases",
    "household": "code",
    "importbatch": "kind",
    "lineevent": "kind name before after",
    "proposal": "language effect state undone_because",
    "purseentry": "kind state",
    "purseevent": "kind",
    "line_number": "channel number",
    "spending": "day",
    "surge": "tap",
    "worker": "id",
    "move": "token direction other",
    "prefix": "prefix day",
    "timer": "kind",
    "mark": "hash kept sids",
    "person": "language",
    "request": "state outcome needs urgency danger language needed_as repeats",
    "event": "kind state",
    "alarm": "kind",
    "assignment": "state comes_as",
    "offer": "state",
    "pledge": "kind state needs days language",
    "pledgematch": "state",
    "stockitem": "label needs things pickup",  # the group's own
    "stockpromise": "state",
    "dutytask": "phrase",
    "broadcast": "audience",
    "distribution": "stage place needs",
    "invitation": "state met",
    "attachment": "kind state",
    "keptapart": "neighbor_hash helper_hash",
    "personevent": "kind",
    "inbound": "sid channel intent",
    "outbound": "key phrase channel from_number state leased_by sid price",
    "attempt": "result sid",
    "content": "account kind name language digest names buttons body sid approval reason",
    "status_event": "status sid",
}


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_no_column_with_words_is_kept_by_mistake(name: str) -> None:
    """Of what is kept, columns that can hold words are named here, one by one."""
    kept = [
        column.key
        for column in METADATA.tables[name].columns
        if RETENTION[TABLES[name]].uses[column.key] is Use.KEEP
        and isinstance(getattr(column.type, "impl", column.type), String | JSON)
    ]
    assert kept == [one for one in kept if one in NOT_PEOPLES.get(name, "").split()]
    assert ERASE not in {RETENTION[TABLES[name]].uses[one] for one in kept}
