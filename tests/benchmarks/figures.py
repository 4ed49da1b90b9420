"""The table: what was measured, how it spread over the rounds, what it should be."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import typer

HEAD = ("benchmark", "database", "figure", "median", "rounds", "goal", "")


@dataclass(frozen=True)
class Goal:
    """What a figure should reach; `hope` is said, not judged."""

    words: str
    least: float | None = None
    most: float | None = None

    def met(self, value: float) -> bool:
        """Whether it does."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


@dataclass
class Report:
    """Rows as they come in, and the table of them all."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    appended: list[str] = field(default_factory=list)  # tables of their own, below
    lost: int = 0  # texts that were not kept once, or not answered

    def figure(
        self,
        benchmark: str,
        database: str,
        what: str,
        values: Sequence[float],
        *,
        unit: str = "",
        digits: int = 2,
        goal: Goal | None = None,
    ) -> None:
        """One figure, measured once a round."""
        median = statistics.median(values)
        spread = f"{min(values):,.{digits}f} - {max(values):,.{digits}f}" if len(values) > 1 else ""
        verdict = "" if goal is None else "met" if goal.met(median) else "missed"
        shown = f"{median:,.{digits}f} {unit}".strip()
        self._add(benchmark, database, what, shown, spread, goal.words if goal else "", verdict)

    def count(self, benchmark: str, database: str, right: int, of: int, complaints: Sequence[str]) -> None:
        """How many texts were kept once and answered, out of those that the server said it had taken."""
        self.lost += of - right
        self._add(
            benchmark,
            database,
            "kept once and answered",
            f"{right:,} of {of:,}",
            "",
            "all",
            "met" if right == of else "missed",
        )
        for complaint in sorted(set(complaints)):
            self._add(benchmark, database, f"  {complaint}", "", "", "", "")

    def _add(self, *row: str) -> None:
        self.rows.append(row)
        say(f"  {row[1]}: {row[2].strip()} {row[3]} {row[6]}".rstrip())

    def table(self) -> str:
        """All figures, one a line."""
        rows = [HEAD, *self.rows]
        widths = [max(len(row[n]) for row in rows) for n in range(len(HEAD))]
        lines = []
        for n, row in enumerate(rows):
            if n and row[0] != rows[n - 1][0]:
                lines.append("")
            shown = row if row[0] != rows[n - 1][0] else ("", *row[1:])
            lines.append(
                "  ".join(
                    cell.rjust(width) if column in (3, 4) else cell.ljust(width)
                    for column, (cell, width) in enumerate(zip(shown, widths, strict=True))
                ).rstrip()
            )
        return "\n".join([*lines, *self.appended])


def say(words: str) -> None:
    """Progress, beside the table."""
    typer.echo(words, err=True)
