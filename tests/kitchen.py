"""A kitchen table on which somebody goes live: a folder, an account at the fake Twilio, a terminal, a phone."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dotenv
import httpx

from app.database.engine import Database
from tests.command import HOTLINE, Command, python
from tests.fake_twilio import FakeTwilio
from tests.fake_twilio_numbers import DEMO, SERVICE, campaign, number, service
from tests.fakes import ACCOUNT, LINE, TOKEN
from tests.following import free_port
from tests.serving import until
from tests.terminal import ENTER, Terminal

OWN, OTHER, THIRD = "+12025550101", "+12025550102", "+12025550103"
WAIT = "1"  # minutes
NAME = "Oak Street Neighbors"
ANSWERED = "I wait here."  # said when the phone has to be taken into the hand


@dataclass
class Kitchen:
    """The evening's things. `public` leads to a port of this machine, where a hotline may run."""

    home: Path
    twilio: FakeTwilio
    port: int
    database_url: str
    more: dict[str, str] = field(default_factory=dict)

    @property
    def public(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook(self) -> str:
        return f"{self.public}/twilio/message#rc=2&rp=ct,rt,5xx&ct=2000&rt=5000&tt=14000"

    @property
    def env(self) -> dict[str, str]:
        """What the machine sets: where its database is, where Twilio is, at which port it listens."""
        api = {"TWILIO_API_URL": self.twilio.url, "PORT": str(self.port)}
        return {"DATABASE_URL": self.database_url, **api, **self.more}

    @property
    def answers(self) -> dict[str, str]:
        """What somebody types who has an account, and a name."""
        return {
            "What is your hotline called?": NAME,
            "Which language do most": ENTER,
            "The Account SID": ACCOUNT,
            "The Auth Token": TOKEN,
            "In which country?": "US 202",
            "To buy one, type its row": "1 yes",
            "At which address?": self.public,
            "Shall I set it so?": "y",
            "your own mobile phone": "Ana (202) 555-0101",
            "Who helps": "Ben +1 202 555 0102, Dee 202-555-0103 duty",
            "Start it anew": ENTER,
        }

    def sit_down(self, *args: str, width: int = 80) -> Terminal:
        """Begin, or go on."""
        return Terminal(self.home, "golive", "--wait", WAIT, *args, width=width, **self.env)

    def play(self, *args: str, width: int = 80, **answers: str) -> Terminal:
        """A whole evening: every question answered, and the text too."""
        terminal = self.sit_down(*args, width=width)
        terminal.play({**self.answers, **answers}, events=self.events)
        return terminal

    @property
    def events(self) -> Mapping[str, Callable[[], object]]:
        """Whoever sits there answers the test text."""
        return {ANSWERED: self.reply}

    def reply(self, words: str = "HELLO") -> None:
        """They answer once the text is on the phone."""
        until(lambda: any(text.to == OWN and "test" in text.body for text in self.twilio.sent))
        assert self.twilio.text(OWN, words) == 200

    def alone(self, *args: str, replies: bool = False, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run it without a terminal."""
        command = [str(HOTLINE), "golive", "--wait", WAIT, *args]
        begun = subprocess.Popen(
            command,
            cwd=self.home,
            env={**python(), **self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        try:
            if replies:
                self.reply()
            out, error = begun.communicate(timeout=90)
        finally:
            begun.kill()
        return subprocess.CompletedProcess(command, begun.returncode, out, error)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """A hotline of its own, with whatever settings are in the folder and on the machine by now."""
        env = {**python(), **self.env}
        begun = subprocess.Popen(
            [HOTLINE, "serve"], cwd=self.home, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(self._answers)
            yield
            begun.terminate()
            begun.wait(timeout=30)
        finally:
            begun.kill()
            begun.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.public}/health").status_code == 200
        except httpx.TransportError:
            return False

    @property
    def dotenv(self) -> dict[str, str | None]:
        return dotenv.dotenv_values(self.home / ".env")

    @property
    def state(self) -> Any:
        return json.loads((self.home / "golive.json").read_text())

    @property
    def hotline(self) -> Command:
        """Other commands, on the settings that golive has written."""
        known = {name: value for name, value in self.dotenv.items() if value}
        return Command(**{**self.env, **known})

    def people(self) -> list[tuple[str, list[str]]]:
        """Who is there, and what they are."""
        return [(each["name"], each["roles"]) for each in self.hotline.json("person", "list")]

    @contextmanager
    def database(self) -> Iterator[Database]:
        kept = Command(self.database_url).database()
        try:
            yield kept
        finally:
            kept.close()


@contextmanager
def kitchen(home: Path, database_url: str) -> Iterator[Kitchen]:
    """An account that is registered and whose number still says Twilio's own hello."""
    port = free_port()
    with FakeTwilio(public=f"http://127.0.0.1:{port}", by_console=True) as twilio:
        twilio.console.numbers = {LINE: number(DEMO, sms_fallback_url="")}
        twilio.console.services = {SERVICE: service(None, fallback_url=None)}
        twilio.console.campaigns = {SERVICE: [campaign()]}
        twilio.console.registers = True
        yield Kitchen(home, twilio, port, database_url)
