"""`hotline chat`: the same hotline in a terminal, several people in turn."""

import contextlib
import difflib
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from typing import TextIO

import typer
from rich.console import Console
from rich.text import Text

from app.carriers import is_simulated
from app.cli import console
from app.hotline import Hotline
from app.simulator import story
from app.simulator.phones import STOPPED_NOTE, CannotDo, Phones, carrier_stops
from app.simulator.threads import Phone
from app.telemetry import logs
from handlers import phrasebook
from models.lines import Channel, Line

app = typer.Typer()

SPOKEN = re.compile(r"\s*(?P<name>[^\W\d_][^:>]{0,39}?)\s*[:>]\s*(?P<words>.*)", re.DOTALL)
WAIT = re.compile(r"(\d{1,5})\s*(m|min|minutes?|h|hours?|d|days?)")
LONGEST_WAIT = timedelta(days=31)
WELCOME = "Pretend phones around {line}. Try:  Ana: need groceries for two   /volunteer Ben   /story   /help"


@app.command()
def command(line: console.InLine = None) -> None:
    """Try the hotline in this terminal: type as anybody, see what arrives on every phone."""
    settings = console.settings()
    if not is_simulated(settings):
        console.fail(
            "chat plays with pretend phones, but a carrier is set up (TWILIO_ACCOUNT_SID): what is waiting for real "
            "people would be lost. Unset it, also in .env, and point DATABASE_URL at another file, such as sqlite:///try.db"
        )
    logs.configure()
    console.check(settings)
    with console.opened(settings) as kept:
        chosen = kept.read(lambda session: console.line_named(session, line))
    hotline = Hotline(settings)
    try:
        hotline.prepare()
        chat(hotline, sys.stdin, sys.stdout, line_id=chosen.id)
    finally:
        hotline.stop()


def chat(hotline: Hotline, said: TextIO, out: TextIO, *, line_id: int | None = None) -> None:
    """Play the lines of `said` on the phones around a line, by default the first; write to `out` what arrived.

    The hotline must be prepared and need not be started: what is queued is sent before the next line is read.
    """
    phones = Phones(hotline, hotline.sender.drain)
    phones.catch_up()
    line = next(each for each in phones.lines() if line_id in (None, each.id))
    talk = Talk(phones, line, out)
    interactive = said is sys.stdin and said.isatty() and out.isatty()
    if interactive:
        talk.note(WELCOME.format(line=line.name))
    for typed in prompted(talk) if interactive else said:
        try:
            talk.take(typed.rstrip("\r\n"), echo=not interactive)
        except CannotDo as error:
            talk.note(str(error))
        if talk.over:
            break


def prompted(talk: "Talk") -> Iterator[str]:
    """Lines typed at a prompt, until Ctrl+D or Ctrl+C."""
    with contextlib.suppress(ImportError):  # it gives the arrow keys their meaning; Windows has none
        import_module("readline")
    while True:
        try:
            yield input(f"{talk.speaker.name if talk.speaker else ''}> ")
        except (EOFError, KeyboardInterrupt):
            talk.note("")
            return


class Talk:
    """People around a terminal, taking turns."""

    def __init__(self, phones: Phones, line: Line, out: TextIO) -> None:
        self.phones = phones
        self.line = line
        self.speaker: Phone | None = None
        self.over = False
        self._shown = phones.last_arrival()
        self._console = Console(file=out, highlight=False, soft_wrap=True, emoji=False)

    def take(self, typed: str, *, echo: bool = False) -> None:
        """One line of input: a command, or somebody speaking. Raises CannotDo."""
        if not typed.strip():
            return
        if typed.startswith("/"):
            word, _, rest = typed[1:].partition(" ")
            self._obey(word.lower(), rest.strip())
            return
        speaker, words = self._who(typed)
        self.speak(speaker, words, echo=echo)

    def _who(self, typed: str) -> tuple[Phone, str]:
        spoken = SPOKEN.fullmatch(typed)
        known = self.phones.named(self.line.id, spoken["name"]) if spoken else None
        if spoken and known:
            return known, spoken["words"]
        if self.speaker:  # "come at 5: the bell is broken" has a colon, but names nobody
            return self.speaker, typed
        if spoken:
            return self._neighbor(spoken["name"]), spoken["words"]
        raise CannotDo("Who says that? Write  Ana: need groceries  or first  /as Ana")

    def _neighbor(self, name: str) -> Phone:
        phone = self.phones.add_neighbor(self.line.id, name, self._usual())
        self.note(f"{phone.name} is a new neighbor on {phone.address.value}.")
        return phone

    def _usual(self) -> Channel:
        return Channel.SMS if self.line.sms else Channel.WHATSAPP

    def _obey(self, word: str, rest: str) -> None:
        if word in COMMANDS:
            COMMANDS[word][1](self, rest)
            return
        near = difflib.get_close_matches(word, COMMANDS, 1)
        hint = f"Did you mean /{near[0]}?" if near else "/help shows what there is."
        raise CannotDo(f"There is no /{word}. {hint}")

    def speak(self, phone: Phone, words: str, *, echo: bool = True) -> None:
        """Somebody texts; then everything that follows arrives."""
        if echo:
            self.line_of(phone.name, ">", words)
        self.phones.say(self.line.id, phone.id, words)
        if carrier_stops(phone.address.channel, words):
            self.note(f"{phone.name}: {STOPPED_NOTE}")
        self.show()

    def show(self) -> None:
        """Send what is queued and show what arrived since the last time."""
        self.phones.hotline.sender.drain()
        names = self._names()
        arrived = self.phones.arrivals(self.line.id, self._shown)
        for text in arrived:
            cost = f"({text.segments} segment{'s' if text.segments != 1 else ''})"
            name = names.get((text.channel, text.to), text.to)
            self.line_of(name, "<", text.body, cost if text.channel is Channel.SMS else "(WhatsApp)")
            self._shown = text.attempt_id
        if not arrived:
            self.note("(nothing arrived)")

    def _names(self) -> dict[tuple[Channel, str], str]:
        everybody = self.phones.all(self.line.id)
        firsts: dict[str, int] = {}
        for phone in everybody:
            firsts.setdefault(phone.name, phone.id)
        return {
            (p.address.channel, p.address.value): p.name
            if firsts[p.name] == p.id
            else f"{p.name} ({p.address.value})"
            for p in everybody
        }

    def line_of(self, name: str, arrow: str, words: str, cost: str = "") -> None:
        """One text, in one line."""
        color = "green" if arrow == ">" else "cyan"
        end = (f" {cost}", "dim") if cost else ""
        self._console.print(
            Text.assemble((f"{console.plain(name)} {arrow} ", f"bold {color}"), console.plain(words), end)
        )

    def note(self, words: str) -> None:
        """Something that is no text."""
        self._console.print(Text(words, style="italic dim"))

    def volunteer(self, rest: str) -> None:
        """/volunteer Ben es"""
        name, language, channel = self._person(rest)
        if name and (known := self.phones.named(self.line.id, name)):
            what = (
                "helps already" if known.person.helps else "is a neighbor already; JOIN, by text, makes a volunteer"
            )
            raise CannotDo(f"{known.name} {what}.")
        phone = self.phones.add_volunteer(self.line.id, name, channel, language=language)
        self.note(f"{phone.name} is a volunteer on {phone.address.value}.")

    def neighbor(self, rest: str) -> None:
        """/neighbor Ana"""
        name, _, channel = self._person(rest)
        if name and (known := self.phones.named(self.line.id, name)):
            raise CannotDo(f"{known.name} is here already.")
        phone = self.phones.add_neighbor(self.line.id, name, channel)
        self.note(f"{phone.name} is a new neighbor on {phone.address.value}.")

    def _person(self, rest: str) -> tuple[str, str | None, Channel]:
        words, language, channel = rest.split(), None, self._usual()
        while len(words) > 1:
            last = words[-1].lower()
            if last in phrasebook.languages():
                language = last
            elif last in tuple(Channel):
                channel = Channel(last)
            else:
                break
            words.pop()
        return " ".join(words), language, channel

    def duty(self, rest: str) -> None:
        """/duty Dee"""
        known = self.phones.named(self.line.id, rest) if rest else None
        phone = known or self.phones.add_volunteer(self.line.id, rest, self._usual())
        self.phones.put_on_duty(phone)
        self.note(f"{phone.name} is on duty, on {phone.address.value}.")

    def speak_as(self, rest: str) -> None:
        """/as Ana"""
        if not rest:
            self.speaker = None
            self.note("Now every line names who speaks.")
            return
        self.speaker = self.phones.named(self.line.id, rest) or self._neighbor(rest)
        self.note(f"You are {self.speaker.name} now.")

    def wait(self, rest: str) -> None:
        """/wait 45m"""
        found = WAIT.fullmatch(rest.lower())
        units = {"m": "minutes", "h": "hours", "d": "days"}
        by = timedelta(**{units[found[2][0]]: int(found[1])}) if found else timedelta(0)
        if not timedelta(0) < by <= LONGEST_WAIT:
            raise CannotDo("How long? Such as /wait 45m, /wait 2h or /wait 1d, a month at most.")
        self.phones.pass_time(by)
        self.note(f"It is {self._now()}.")
        self.show()

    def _now(self) -> str:
        now = self.phones.hotline.clock.now()
        return phrasebook.book(self.line.language).time(now, self.line.timezone)

    def list_phones(self, _: str) -> None:
        """/phones"""
        for phone in self.phones.all(self.line.id):
            person = phone.person
            role = "volunteer" if person.helps else "neighbor"
            more = ["on duty"] if person.on_duty else []
            more += ["said STOP"] if person.opted_out_at else []
            told = [phone.name, phone.address.value, phone.address.channel, role, person.speaks(self.line), *more]
            self.note("  ".join(console.plain(part) for part in told))
        self.note(f"It is {self._now()}.")

    def tell_story(self, _: str) -> None:
        """/story"""
        telling = story.begin(self.phones, self.line.id)
        self.note(telling.sentence)
        while not telling.over:
            telling = story.tell(self.phones, telling)
            if telling.said:
                self.line_of(telling.said[0], ">", telling.said[1])
            self.show()
            self.note(telling.sentence)

    def help(self, _: str) -> None:
        """/help"""
        self.note("Ana: need groceries for two   speaks as Ana, a new neighbor if there is none of that name")
        for what, _do in COMMANDS.values():
            self.note(what)

    def quit(self, _: str) -> None:
        """/quit"""
        self.over = True


COMMANDS: dict[str, tuple[str, Callable[[Talk, str], None]]] = {
    "as": ("/as Ana            every plain line from now on is Ana's; /as alone ends that", Talk.speak_as),
    "volunteer": ("/volunteer Ben es  a volunteer, with a language if you like", Talk.volunteer),
    "neighbor": ("/neighbor Ana      a neighbor who says nothing yet", Talk.neighbor),
    "duty": ("/duty Dee          a volunteer who is on duty", Talk.duty),
    "wait": ("/wait 45m          moves the clock: 45m, 2h, 1d", Talk.wait),
    "phones": ("/phones            who is here", Talk.list_phones),
    "story": ("/story             plays a short one, from ask to confirmed", Talk.tell_story),
    "help": ("/help              this", Talk.help),
    "quit": ("/quit              ends", Talk.quit),
}
