"""What the steps share: the dialog, what is known, where it is kept, the settings that come of it."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from app import hosts
from app.clock import Clock
from app.database.engine import Database
from app.golive import env_file
from app.golive.dialog import Dialog, Stop
from app.golive.state import State
from app.settings import Settings, complaints
from models.lines import Line
from models.people import Person
from models.store.session import Session

WRITTEN = (
    "HOTLINE_NAME",
    "HOTLINE_LANGUAGE",
    "HOTLINE_COUNTRY",
    "HOTLINE_TIMEZONE",
    "HOTLINE_NUMBER",
    "PUBLIC_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_MESSAGING_SERVICE_SID",
    "DATABASE_URL",
)

Opened = Callable[[Settings], AbstractContextManager[Database]]

# How somebody is kept who is written as in a spreadsheet's row. Raises ValueError with what to write instead.
Keep = Callable[[Session, Line, Mapping[str, str], Settings], Person]

# Sends those of these people (ids) who are new a first text, where the host wants it; None asks.
Welcome = Callable[[Database, Sequence[int], bool | None], None]


@dataclass(frozen=True)
class Given:
    """What came along by options, so that nobody is asked for it."""

    values: Mapping[str, str] = field(default_factory=dict)  # by the settings' names
    phone: str | None = None  # the operator's own, with their name
    volunteers: tuple[str, ...] = ()
    welcome: bool | None = None  # whether they get a first text; None: ask, or send none where nobody is there
    patience: float = 300  # seconds to wait for a text


@dataclass
class Setup:
    """One evening."""

    dialog: Dialog
    given: Given
    state: State
    folder: Path  # where .env is
    keep: Keep
    welcome: Welcome
    opened: Opened  # the database, its tables up to date
    look_over: Callable[[Settings], bool]  # the doctor; whether nothing is a problem
    clock: Clock = field(default_factory=Clock)
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def value(self, name: str) -> str | None:
        """What is known of a setting: as it came along, else from the environment, else from before, else .env."""
        return (
            self.given.values.get(name)
            or self.env.get(name)
            or self.state.answers.get(name)
            or env_file.read(self.folder).get(name)
        )

    def known(self, name: str) -> str | None:
        """The same, but for what came along by an option: that is a new answer, and is read as one."""
        return None if self.given.values.get(name) else self.value(name)

    def settings(self, **more: str) -> Settings:
        """The settings as they are going to be. Raises Stop with a line for each that is wrong."""
        values: dict[str, Any] = {name.lower(): value for name in WRITTEN if (value := self.value(name))}
        values.update({name.lower(): value for name, value in more.items()})
        try:
            return Settings(_env_file=self.folder / env_file.NAME, **values)
        except ValidationError as error:
            raise Stop("\n".join(complaints(error))) from error
        except UnicodeDecodeError as error:
            raise Stop(f"{env_file.NAME}: not plain text; save it as UTF-8") from error

    def base(self) -> Settings:
        """The settings without a carrier: where the database is, and at which port we listen. Raises Stop."""
        return self.settings(TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="", PUBLIC_URL="")

    @property
    def host(self) -> str | None:
        """The name of a host that keeps no file written here, if this is one."""
        return hosts.forgets(self.folder / env_file.NAME, stays=self.base().hotline_disk_stays, env=self.env)


def reader(name: str) -> Callable[[str], str]:
    """How a setting is read: the same way in which the hotline will. It raises ValueError with what to write."""
    setting = Settings.model_fields[name.lower()]
    kind: Any = setting.annotation
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[kind, *setting.metadata] if setting.metadata else kind)

    def read(value: str) -> str:
        if not value.strip():
            raise ValueError("nothing was written")
        try:
            return str(adapter.validate_python(value.strip()))
        except ValidationError as error:
            raise ValueError(complaints(error)[0].removeprefix(": ")) from None

    return read
