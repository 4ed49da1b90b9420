"""What both kinds of file are taken apart into: rows of words, each with the number by which its owner finds it."""

from dataclasses import dataclass, field

MOST_BYTES = 20_000_000  # a group's list has some kilobytes; more is another file, or one made to fill the memory
MOST_ROWS = 20_000
MOST_COLUMNS = 200


@dataclass(frozen=True)
class Broken:
    """A row that cannot be read, and why."""

    why: str


@dataclass
class Grid:
    """One table of a file, as it stands there; blank rows may be left out."""

    rows: list[tuple[int, list[str] | Broken]] = field(default_factory=list)
    name: str = ""  # of the sheet, in a workbook
    counted: str = "line"  # what the numbers count: lines of a text, rows of a sheet
    notes: list[str] = field(default_factory=list)

    def add(self, number: int, row: list[str] | Broken) -> None:
        """Keep a row, unless it is wider than any list."""
        wide = isinstance(row, list) and any(words.strip() for words in row[MOST_COLUMNS:])
        self.rows.append((number, Broken(f"has more than {MOST_COLUMNS} cells") if wide else row))

    def too_long(self, number: int) -> bool:
        """Whether there is no room for the row of this number; then it is said once."""
        if len(self.rows) < MOST_ROWS:
            return False
        self.rows.append((number, Broken(f"and all that follows: at most {MOST_ROWS:,} rows; split the file")))
        return True
