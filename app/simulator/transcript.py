"""Conversations as tests: reads a transcript, replays its `>` lines, and writes down everything that came back.

How one is written is told in tests/transcripts/hello.txt.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from models.lines import Channel
from models.requests import Outcome, State
from tests.fakes import LINE, WHATSAPP

SAID = re.compile(r"(?P<name>[\w/]+)\s*(?P<way>[<>])(?: (?P<words>.*))?")
TIME = re.compile(r"@\s*\+(?P<count>\d+)\s*(?P<unit>min|h|days?)")
CHECK = re.compile(r"\?\s*#(?P<number>\d+)\s+(?P<stands>[\w ]+)")
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "day": timedelta(days=1), "days": timedelta(days=1)}
SETTINGS = frozenset("name language timezone country emergency area rule".split())
NAMES = {"emergency": "emergency_number"}
ROLES = frozenset("asks helps duty stranger".split())


class Unreadable(Exception):
    """A transcript is not written as one; says where."""


@dataclass(frozen=True)
class Phone:
    """A phone in the story: whose, and what the hotline knows of its owner beforehand."""

    label: str  # as written before `>` and `<`
    name: str
    value: str
    channel: Channel = Channel.SMS
    roles: frozenset[str] = frozenset()
    language: str | None = None
    areas: tuple[str, ...] = ()
    can: tuple[str, ...] = ()
    max_open: int | None = None
    known: bool = False  # somebody added this person before the story begins

    @property
    def number(self) -> str:
        """What this phone texts."""
        return WHATSAPP if self.channel is Channel.WHATSAPP else LINE


@dataclass(frozen=True)
class Says:
    phone: Phone
    words: str


@dataclass(frozen=True)
class Waits:
    by: timedelta


@dataclass(frozen=True)
class Stands:
    """A request's state, and its outcome once it is closed."""

    number: int
    stands: str


@dataclass(frozen=True)
class Step:
    """One line of the story as written, what it means, and what is said to have followed from it."""

    line: str
    act: Says | Waits | Stands | None = None
    heard: tuple[tuple[str, str], ...] = ()


@dataclass
class Transcript:
    """A story."""

    settings: dict[str, str] = field(default_factory=dict)
    areas: dict[str, list[str]] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def write(self) -> str:
        """The story as text, answers in a column below the line that caused them."""
        width = max((len(label) for label in self.phones), default=0)
        lines = []
        for step in self.steps:
            lines.append(step.line)
            lines += [f"{name:<{width}} < {words}".rstrip() for name, words in step.heard]
        return "\n".join(lines).rstrip() + "\n"


def read(file: Path) -> Transcript:
    """Parse a transcript. Raises Unreadable, naming file and line."""
    story = Transcript()
    block = ""
    for at, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.rstrip()
        try:
            if line in ("line", "people"):
                block = line
            elif line.startswith((" ", "\t")) and block:
                _setting(story, line) if block == "line" else _person(story, line)
            elif line and not line.startswith("#"):
                block = ""
                _step(story, line)
                continue
        except (ValueError, KeyError) as error:
            raise Unreadable(f"{file.name}:{at}: {line.strip()!r}: {error}") from error
        story.steps.append(Step(line))
    return story


def _setting(story: Transcript, line: str) -> None:
    key, _, value = line.strip().partition(" ")
    value = value.strip()
    if key not in SETTINGS:
        raise ValueError(f"a line has {', '.join(sorted(SETTINGS))}")
    if key == "area":
        name, _, aliases = value.partition(":")
        story.areas[name.strip()] = [alias.strip() for alias in aliases.split(",") if alias.strip()]
    elif key == "rule":
        rule, figure = value.split()
        story.rules[rule] = int(figure)
    else:
        story.settings[f"hotline_{NAMES.get(key, key)}"] = value


def _person(story: Transcript, line: str) -> None:
    name, value, *more = line.split()
    whatsapp = "whatsapp" in more
    label = f"{name}/wa" if whatsapp and name in story.phones else name
    if label in story.phones:
        raise ValueError("this phone is listed twice")
    phone = Phone(label, name, value, Channel.WHATSAPP if whatsapp else Channel.SMS)
    for word in more:
        key, _, of = word.partition("=")
        if word in ROLES:
            phone = replace(phone, roles=phone.roles | {word}, known=phone.known or word in ("helps", "duty"))
        elif key in ("area", "can"):
            field_name = "areas" if key == "area" else "can"
            phone = replace(phone, **{field_name: tuple(of.replace("_", " ").split(","))})  # type: ignore[arg-type]
        elif key == "max":
            phone = replace(phone, max_open=int(of))
        elif word == "known":
            phone = replace(phone, known=True)
        elif re.fullmatch(r"[a-z]{2}", word):
            phone = replace(phone, language=word)
        elif word != "whatsapp":
            raise ValueError(f"{word!r} says nothing about a person")
    if not phone.roles:
        raise ValueError(f"say one of {', '.join(sorted(ROLES))}")
    story.phones[label] = phone


def _step(story: Transcript, line: str) -> None:
    if time := TIME.fullmatch(line):
        story.steps.append(Step(line, Waits(int(time["count"]) * UNITS[time["unit"]])))
    elif check := CHECK.fullmatch(line):
        _known_words(check["stands"])
        story.steps.append(Step(line, Stands(int(check["number"]), " ".join(check["stands"].split()))))
    elif (said := SAID.fullmatch(line)) is None:
        raise ValueError("neither `Name > words`, `Name < words`, `@ +5 min` nor `? #1 open`")
    elif said["name"] not in story.phones:
        raise ValueError(f"{said['name']} is not among the people")
    elif said["way"] == ">":
        story.steps.append(Step(line, Says(story.phones[said["name"]], said["words"] or "")))
    else:
        at = _last_act(story)
        heard = (*story.steps[at].heard, (said["name"], said["words"] or ""))
        story.steps[at] = replace(story.steps[at], heard=heard)


def _last_act(story: Transcript) -> int:
    for at in range(len(story.steps) - 1, -1, -1):
        if isinstance(story.steps[at].act, Says | Waits):
            return at
    raise ValueError("nothing has happened yet that this could answer")


def _known_words(stands: str) -> None:
    state, *outcome = stands.split()
    State(state)
    for word in outcome:
        Outcome(word)


def answered(told: Transcript, went: Transcript) -> Transcript:
    """The story as told, with the answers that really came."""
    steps = [replace(as_told, heard=as_went.heard) for as_told, as_went in zip(told.steps, went.steps, strict=True)]
    return replace(told, steps=steps)
