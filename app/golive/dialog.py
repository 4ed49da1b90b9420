"""Questions and answers in a terminal, or answers that came along: one at a time, short, in plain words."""

import shutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import typer

T = TypeVar("T")
WIDEST, NARROWEST = 78, 30  # letters in a line


class Stop(Exception):
    """It cannot go on now. The message says why and what to do; what was done stays done."""


class Unanswered(Stop):
    """Nobody is there to ask."""

    def __init__(self, *flags: str) -> None:
        super().__init__(
            "Nobody is at a terminal to answer. Say the rest by options: " + ", ".join(dict.fromkeys(flags)) + "."
        )


@dataclass
class Dialog:
    """Asks whoever sits there. `asked` counts the questions."""

    interactive: bool
    yes: bool = False  # said yes to everything beforehand
    asked: int = 0

    def say(self, *paragraphs: str) -> None:
        """Tell something, in lines that fit."""
        for paragraph in paragraphs:
            typer.echo(_wrapped(paragraph))

    def heading(self, words: str) -> None:
        """What comes now."""
        typer.echo(f"\n{words}\n{'-' * min(len(words), self.width)}")

    def show(self, *lines: str) -> None:
        """Lines as they are: addresses to copy, and the like."""
        for line in lines:
            typer.echo(f"  {line}")

    def ask(
        self,
        question: str,
        flag: str,
        read: Callable[[str], T],
        *,
        given: str | None = None,
        default: str | None = None,
        secret: bool = False,
    ) -> T:
        """The answer, as `read` understands it; it raises ValueError with what to write instead, and we ask again.

        What was `given` beforehand is not asked for; if that cannot be read, it ends. Raises Stop.
        """
        if given is not None:
            try:
                return read(given)
            except ValueError as error:
                raise Stop(f"{flag}: {error}") from error
        if not self.interactive:
            if default is None:
                raise Unanswered(flag)
            return read(default)
        while True:
            self.asked += 1
            said = typer.prompt(_wrapped(question), default=default, hide_input=secret, prompt_suffix="\n> ")
            try:
                return read(str(said).strip())
            except ValueError as error:
                self.say(f"That does not work yet: {error}.")

    def agrees(self, question: str) -> bool:
        """Whether they say yes. Raises Stop where nobody is there to say it."""
        if self.yes:
            return True
        if not self.interactive:
            raise Unanswered("--yes")
        self.asked += 1
        return typer.confirm(_wrapped(question), default=True, prompt_suffix="\n> ")

    @property
    def width(self) -> int:
        """How many letters fit into a line."""
        return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns - 1))


def _wrapped(paragraph: str) -> str:
    width = max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns - 1))
    return textwrap.fill(paragraph, width, break_long_words=False, break_on_hyphens=False)
