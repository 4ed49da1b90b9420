"""Reads a conversation as somebody wrote it. What is not written as one is named, with its line."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from app.settings import complaints
from app.simulator import samples, sandbox
from app.simulator.timelapse import TYPING
from app.simulator.transcript import HAPPENS, Lists, Phone, Says, Stands, Step, Transcript, Waits, Welcomes
from handlers import phrasebook
from handlers.understanding.intents import Need
from models.delivery.contents import Approval
from models.inbound import Manner
from models.lines import DEFAULT_POLICY, FIGURES, Channel, Resource
from models.requests import Outcome, State

SAID = re.compile(r"(?P<name>[\w/]+)\s*(?P<way><|>>?)(?: (?P<words>.*))?")
TIME = re.compile(r"@\s*\+(?P<count>\d{1,5})\s*(?P<unit>min|h|days?)")
CHECK = re.compile(r"\?\s*#(?P<number>\d{1,9})\s+(?P<stands>[\w ]+)")
START = re.compile(r"!start\s+(?P<moment>.*)")
PICTURE = re.compile(
    r"\[(?P<lost>lost )?(?P<what>photo|picture|voice note)(?: (?P<kind>\w+/[\w.+-]+))?\] ?(?P<words>.*)"
)
PLACE = re.compile(r"\[loc (?P<latitude>-?\d+(?:\.\d+)?), ?(?P<longitude>-?\d+(?:\.\d+)?)\] ?(?P<words>.*)")
WELCOME = "!welcome"
LIST = re.compile(r"!list (?P<told>told )?(?P<name>[\w/]+) (?P<words>.+)")
TAP = re.compile(r"\[tap (?P<title>[^\]]+)\]")
REPLY = re.compile(r"\[re(?: #(?P<number>\d{1,9}))?\] ?(?P<words>.*)")
REACTION = re.compile(r"\[reacts(?: (?P<emoji>[^\]# ]*))?(?: #(?P<number>\d{1,9}))?\]")
MANNERS = {"[forwarded] ": Manner.FORWARDED, "[edits] ": Manner.EDIT, "[deletes]": Manner.DELETION}
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "day": timedelta(days=1), "days": timedelta(days=1)}
SETTINGS = frozenset("name language timezone country emergency area rule resource templates".split())
NAMES = {"emergency": "emergency_number"}
ROLES = frozenset("asks helps duty stranger".split())
STEPS = (
    "neither `Name > words`, `Name >> words`, `Name < words`, `@ +5 min`, `? #1 open`, `!welcome`, "
    "`!list Name words`, `!list told Name words` nor `!start 2026-03-03 03:00`"
)

QUICK = timedelta(seconds=4)  # whoever types `>>` is


class Unreadable(Exception):
    """A transcript is not written as one; says where."""


def read(file: Path) -> Transcript:
    """Parse a transcript. Raises Unreadable, naming file and line."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise Unreadable(f"{file}: not plain text; save it as UTF-8") from error
    story = Transcript()
    block = ""
    rows: dict[str, int] = {}  # where each phone stands
    # Only a line feed ends a line: people's words may hold U+2028 and the like.
    written = [line.rstrip() for line in text.rstrip().split("\n")]
    for at, line in enumerate(written, 1):
        try:
            if line in ("line", "people"):
                block = line
            elif line.startswith((" ", "\t")) and block:
                if block == "line":
                    _setting(story, line)
                else:
                    rows[_person(story, line)] = at
            elif line and not line.startswith("#"):
                block = ""
                _step(story, line)
                continue
        except ValueError as error:
            raise Unreadable(f"{file}:{at}: {line.strip()!r}: {error}") from error
        story.steps.append(Step(line))
    for label, at in rows.items():
        for area in story.phones[label].areas:
            if area not in story.areas:
                raise Unreadable(f"{file}:{at}: {written[at - 1].strip()!r}: there is no area {area}")
    return story


def _setting(story: Transcript, line: str) -> None:
    key, _, value = line.strip().partition(" ")
    value = value.strip()
    if key not in SETTINGS:
        raise ValueError(f"a line has {', '.join(sorted(SETTINGS))}")
    if key == "area":
        name, _, aliases = value.partition(":")
        story.areas[name.strip()] = [alias.strip() for alias in aliases.split(",") if alias.strip()]
    elif key == "resource":
        needs, _, words = value.partition(":")
        named = [need.strip() for need in needs.split(",")]
        if unknown := [need for need in named if need not in list(Need)]:
            raise ValueError(f"{unknown[0]} is no need; write resource food,baby: Pantry at St Paul's, Tue 10-12")
        story.resources.append(Resource(tuple(named), words.strip()))
    elif key == "templates":
        story.templates = _approval(value)
    elif key == "rule":
        rule, _, figure = value.partition(" ")
        if rule not in FIGURES:
            raise ValueError(f"there is no rule {rule}; there are {', '.join(sorted(FIGURES))}")
        if isinstance(getattr(DEFAULT_POLICY, rule), tuple):
            raise ValueError(f"{rule} is no single figure, and a story sets only these")
        usual = getattr(DEFAULT_POLICY, rule)
        story.rules[rule] = type(usual)(figure.strip()) if isinstance(usual, str | float) else int(figure)
    else:
        name = f"hotline_{NAMES.get(key, key)}"
        try:
            sandbox.settings("sqlite:///never-made.db", **{name: value})
        except ValueError as error:
            raise ValueError(_complaint(error)) from error
        story.settings[name] = value


def _approval(value: str) -> Approval | None:
    stands = {"approved": Approval.APPROVED, "waiting": Approval.WAITS, "none": None}
    if value not in stands:
        raise ValueError(f"WhatsApp's templates are one of {', '.join(stands)}")
    return stands[value]


def _complaint(error: ValueError) -> str:
    said = complaints(error)[0] if isinstance(error, ValidationError) else str(error)
    return said.partition(": ")[2] or said


def _person(story: Transcript, line: str) -> str:
    name, _, rest = line.strip().partition(" ")
    value, *more = rest.split() or [""]
    whatsapp = "whatsapp" in more
    label = f"{name}/wa" if whatsapp and name in story.phones else name
    if not re.fullmatch(r"\w+", name):
        raise ValueError("a name has letters and digits only, such as Mary_Ann")
    if not value:
        raise ValueError("after the name comes what this phone texts from, such as +12025550101")
    if label in story.phones:
        raise ValueError("this phone is listed twice")
    phone = Phone(label, name, value, Channel.WHATSAPP if whatsapp else Channel.SMS)
    for other in story.phones.values():
        if (other.channel, other.value) == (phone.channel, phone.value):
            raise ValueError(f"this number is {other.label}'s already")
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
        elif word == "new":
            phone = replace(phone, known=True, new=True)
        elif re.fullmatch(r"[a-z]{2}", word):
            phone = replace(phone, language=word)
        elif word != "whatsapp":
            raise ValueError(f"{word!r} says nothing about a person")
    if not phone.roles:
        raise ValueError(f"say one of {', '.join(sorted(ROLES))}")
    if phone.known and phone.language not in (None, *phrasebook.languages()):
        raise ValueError(f"the hotline does not speak {phone.language}, only {', '.join(phrasebook.languages())}")
    story.phones[label] = phone
    return label


def _step(story: Transcript, line: str) -> None:
    if time := TIME.fullmatch(line):
        story.steps.append(Step(line, Waits(int(time["count"]) * UNITS[time["unit"]])))
    elif check := CHECK.fullmatch(line):
        _known_words(check["stands"])
        story.steps.append(Step(line, Stands(int(check["number"]), " ".join(check["stands"].split()))))
    elif start := START.fullmatch(line):
        story.start = _start(story, start["moment"])
        story.steps.append(Step(line))
    elif line == WELCOME:
        story.steps.append(Step(line, Welcomes()))
    elif listed := LIST.fullmatch(line):
        if listed["name"] not in story.phones:
            raise ValueError(f"{listed['name']} is not among the people")
        story.steps.append(Step(line, Lists(listed["name"], listed["words"], listed["told"] is not None)))
    elif (said := SAID.fullmatch(line)) is None:
        raise ValueError(STEPS)
    elif said["name"] not in story.phones:
        raise ValueError(f"{said['name']} is not among the people")
    elif said["way"] == "<":
        at = _last_act(story)
        heard = (*story.steps[at].heard, (said["name"], said["words"] or ""))
        story.steps[at] = replace(story.steps[at], heard=heard)
    else:
        after = QUICK if said["way"] == ">>" else TYPING
        story.steps.append(Step(line, _text(story.phones[said["name"]], said["words"] or "", after)))


def _text(phone: Phone, words: str, after: timedelta) -> Says:
    if picture := PICTURE.fullmatch(words):
        kind = picture["kind"] or ("audio/ogg" if picture["what"] == "voice note" else "image/jpeg")
        return Says(phone, picture["words"], after, picture=f"{samples.LOST}{kind}" if picture["lost"] else kind)
    if place := PLACE.fullmatch(words):
        return Says(phone, place["words"], after, place=(place["latitude"], place["longitude"]))
    if tap := TAP.fullmatch(words):
        return Says(phone, "", after, tap=tap["title"])
    if reply := REPLY.fullmatch(words):
        return Says(phone, reply["words"], after, to=int(reply["number"] or 0))
    if reaction := REACTION.fullmatch(words):
        to = int(reaction["number"] or 0)
        return Says(phone, reaction["emoji"] or "", after, to=to, manner=Manner.REACTION)
    for mark, manner in MANNERS.items():
        if words.startswith(mark):
            return Says(phone, words.removeprefix(mark), after, manner=manner)
    if words.startswith(("[photo", "[picture", "[voice", "[lost", "[loc")):
        raise ValueError(
            "write [picture], [voice note], [photo video/mp4] or [loc 40.71,-73.99], and any words after"
        )
    return Says(phone, words, after)


def _start(story: Transcript, moment: str) -> datetime:
    if story.start is not None or any(isinstance(step.act, HAPPENS) for step in story.steps):
        raise ValueError("a story begins once, before anything happens")
    try:
        return datetime.strptime(moment, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - its zone is the line's, known at the end
    except ValueError as error:
        raise ValueError("write the moment such as 2026-03-03 03:00") from error


def _last_act(story: Transcript) -> int:
    for at in range(len(story.steps) - 1, -1, -1):
        if isinstance(story.steps[at].act, HAPPENS):
            return at
    raise ValueError("nothing has happened yet that this could answer")


def _known_words(stands: str) -> None:
    state, *outcome = stands.split()
    State(state)
    for word in outcome:
        Outcome(word)
