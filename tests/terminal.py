"""Somebody at a terminal: the real `hotline` command, its questions answered as they come, and counted."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pexpect

from tests.command import HOTLINE, python

PROMPT = "\r\n> "  # behind every question
PATIENCE = 90  # seconds for whatever comes next
ENTER = ""


class Terminal:
    """A terminal in which the command runs. `said` is all that stands there, `asked` the questions."""

    def __init__(self, folder: Path, *args: str, width: int = 80, **env: str) -> None:
        self.asked: list[str] = []
        self.said = ""
        self.child: Any = pexpect.spawn(
            str(HOTLINE),
            list(args),
            cwd=str(folder),
            env={**python(), "TERM": "dumb", "LANG": "C.UTF-8", **env},
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(40, width),
        )

    def play(
        self,
        answers: Mapping[str, str],
        *,
        events: Mapping[str, Callable[[], object]] | None = None,
        until: str | None = None,
    ) -> str:
        """Answer each question by the first words of `answers` that stand in it, until it ends or asks for `until`.

        What is to happen when words of `events` are said happens then, once each. Returns what was said since.
        """
        left = dict(events or {})
        start = len(self.said)
        question = ""
        while True:
            found = self.child.expect([re.escape(PROMPT), pexpect.EOF, *(spaced(words) for words in left)])
            heard = str(self.child.before) + (str(self.child.after) if found != 1 else "")
            self.said += heard
            question += heard
            if found == 1:
                self.child.close()
                return self.said[start:]
            if found >= 2:
                left.pop(list(left)[found - 2])()
                continue
            if until is not None and re.search(spaced(until), question):
                return self.said[start:]
            self.asked.append(" ".join(question.split()))
            self.child.sendline(self._answer(question, answers))
            question = ""

    def _answer(self, question: str, answers: Mapping[str, str]) -> str:
        # The last words of all that was said are the question.
        fits = [(question.rfind(found[0]), words) for words in answers if (found := _found(words, question))]
        assert fits, f"nobody knows what to answer to: {question}"
        return answers[max(fits)[1]]

    @property
    def code(self) -> int | None:
        """What it ended with."""
        return None if self.child.exitstatus is None else int(self.child.exitstatus)

    def kill(self) -> None:
        """As kill -9 does."""
        self.child.kill(9)
        self.child.wait()
        self.child.close()


def spaced(words: str) -> str:
    """A pattern for words that may stand in several lines."""
    return r"\s+".join(map(re.escape, words.split()))


def _found(words: str, question: str) -> "re.Match[str] | None":
    every = list(re.finditer(spaced(words), question))
    return every[-1] if every else None
