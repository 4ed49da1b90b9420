"""Everything that anything in the whole run writes is searched when it ends: no number, no body of a text, no token.

Heard are both outputs of every test and of the server processes; learnt are the bodies in every test's database.
A leak fails the run and is shown with its line. With `pytest -s` the outputs go to the terminal and are not heard.
"""

import re
import sqlite3
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.fakes import PREVIOUS, TOKEN

BODIES = "SELECT body FROM inbound UNION SELECT body FROM outbound"
SHORTEST = 13  # characters of a body that can be told from the words of a log
NUMBER = re.compile(r"(?:(?<!\w)|%2B)\+?(?:\d[\s().-]{0,2}){9,14}\d(?!\w)")
PLAIN = re.compile(r"(?<![\d.])\d+\.\d+(?![\d.])|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]?\d*(?:Z|[+-]\d\d:\d\d)?")
FIGURE = re.compile(r"\d{1,6}")


@dataclass
class LogScan:
    """What was written, and what must not stand in it."""

    secrets: frozenset[str] = frozenset({TOKEN, PREVIOUS})
    lines: dict[str, str] = field(default_factory=dict)  # alike but for times and ids -> the first of them, and where
    bodies: set[str] = field(default_factory=set)
    numbers: dict[str, str] = field(default_factory=dict)  # lines with a number, found as they are heard

    def hear(self, said: str | None, where: str = "a process") -> None:
        """Keep what was written."""
        for line in (said or "").splitlines():
            timeless = PLAIN.sub("", line)
            if NUMBER.search(timeless):
                self.numbers.setdefault(timeless, f"{where}: {line}")
            self.lines.setdefault(FIGURE.sub("0", timeless), f"{where}: {line}")

    def learn(self, bodies: Iterable[str]) -> None:
        """Keep bodies of texts; too short ones, and those without words, would be found everywhere."""
        for body in bodies:
            for line in body.splitlines():  # a log has one line for each of them
                if len(line) >= SHORTEST and sum(map(str.isalpha, line)) >= SHORTEST // 2:
                    self.bodies.add(line.strip())

    def leaks(self) -> list[str]:
        """The lines that tell too much, and what they tell."""
        found = [f"a number in {line}" for line in self.numbers.values()]
        written = "\n".join(self.lines)
        for what in (*self.secrets, *(FIGURE.sub("0", body) for body in self.bodies)):
            if what in written:
                found += [f"a text or token in {line}" for key, line in self.lines.items() if what in key]
        return sorted(set(found))


SCAN = LogScan()


def learn(url: str) -> None:
    """Learn the bodies in the database of a test that is over."""
    name = str(make_url(url).database)
    if url.startswith("postgresql"):
        with psycopg.connect(url) as postgres:
            SCAN.learn(body for (body,) in postgres.execute(BODIES))
    elif Path(name).exists():  # a test may take its database away, and its tables
        sqlite = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
        try:
            SCAN.learn(body for (body,) in sqlite.execute(BODIES))
        except sqlite3.DatabaseError:
            return
        finally:
            sqlite.close()


class Overheard(subprocess.Popen[str]):
    """A process whose log is searched too: what it writes to its error output, or to both where they are one."""

    def communicate(self, *args: Any, **how: Any) -> tuple[str, str]:
        out, err = super().communicate(*args, **how)
        SCAN.hear(out if err is None else err)
        return out, err


class Ears:
    """The plugin: hears every test, and fails a run in which something leaked.

    Of a run in several processes each hears its own tests, and the first collects what they found.
    """

    def __init__(self) -> None:
        self.leaks: set[str] = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """One of several processes is done."""
        self.leaks.update(getattr(node, "workeroutput", {}).get("leaks", ()))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear what a test wrote in one of its phases; each later phase repeats the earlier ones."""
        if report.when == "teardown":
            for _, said in report.sections:
                SCAN.hear(said, report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A leak is a failure, whatever the tests say."""
        self.leaks.update(SCAN.leaks())
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["leaks"] = sorted(self.leaks)
        elif self.leaks and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show what leaked."""
        if self.leaks:
            terminalreporter.section("what the logs tell and must not")
            for leak in sorted(self.leaks)[:50]:
                terminalreporter.line(leak[:300])
