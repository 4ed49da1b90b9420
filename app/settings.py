"""Every environment variable, typed, with its default. A wrong one says what is wrong and what to write."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app import countries as by_country
from app import url_parameters
from handlers import phrasebook
from handlers.setup import pretend_numbers
from models.lines import LONGEST_NAME
from models.regions import country

SIMULATED_NUMBER = "+12025550100"
IS_POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE
OFF = "off"  # in place of a folder
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
HOST = re.compile(r"[\w.:%-]*")
IN_PASSWORDS = "in a password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25"
SHOWN = {"host", "port", "dbname", "user", "sslmode"}  # what may be shown of a URL's query
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")


def _database(value: str) -> str:
    # Hosts hand out postgres:// and postgresql://, others name a driver; the driver is ours to choose.
    value = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", value)
    server = value.startswith("postgresql")
    if server and value.count("@") > 1:  # then what is behind the first one would pass for a host, and be printed
        raise ValueError(f"more than one @ in it; {IN_PASSWORDS}")
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):  # its own message would quote the password
        url = None
    if url is None or url.drivername not in DRIVERS:
        hint = f"; {IN_PASSWORDS}" if server else ""
        raise ValueError(
            f"not a database we know; write sqlite:///hotline.db or postgresql://user:password@host/name{hint}"
        )
    if server and not all(HOST.fullmatch(host) for host in (url.host or "").split(",")):
        raise ValueError(f"its host is none; {IN_PASSWORDS}")
    if server and (wrong := url_parameters.complaint(url.query)):
        raise ValueError(wrong)
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValueError("a hotline must survive a restart: write the file's name, such as sqlite:///hotline.db")
    return value


def _web(value: str) -> str:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.query or parts.fragment or re.search(r"\s", value):
        raise ValueError(
            "not a whole web address; write it with nothing after it, such as https://hotline.example.org"
        )
    return value.rstrip("/")


def is_public(host: str) -> bool:
    """Whether somebody outside could reach a host of this name."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal", ".lan", ".home"))


def _hosts(value: str) -> str:
    names = [name.strip().lower() for name in value.split(",") if name.strip()]
    if not all(re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]", name) for name in names):
        raise ValueError("not hosts; write their names alone with commas between them, such as demo.example.org")
    return ",".join(names)


def _number(value: str) -> str:
    value = value.strip().removeprefix("whatsapp:")
    if re.fullmatch(r"\d{3,6}", value):  # a short code has no country
        return value
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or phonenumbers.is_possible_number_with_reason(number) != IS_POSSIBLE:
        raise ValueError(f"not a whole phone number; write it with + and the country, such as {SIMULATED_NUMBER}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def spoken_language(value: str) -> str:
    """The code of a language we have a phrasebook for. Raises ValueError, as all of these do."""
    if value.lower() not in phrasebook.languages():
        raise ValueError(f"a language we do not speak yet; write one of: {', '.join(phrasebook.languages())}")
    return value.lower()


def time_zone(value: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a time zone; write its name, such as America/New_York") from error
    return value


def countries(value: str) -> str:
    """Countries by their two letters with commas between them, or * for any."""
    if value == "*":
        return value
    try:
        return ",".join(country(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError("not countries; write their two letters, such as US,MX, or * for any") from error


def _account(value: str) -> str:
    if not value.startswith("AC"):
        raise ValueError("not an Account SID; copy it from Twilio's console: it begins with AC")
    return value


def _service(value: str) -> str:
    if not value.startswith("MG"):
        raise ValueError("not a Messaging Service's SID; copy it from Twilio's console: it begins with MG")
    return value


def line_name(value: str) -> str:
    """A line's name, short enough to go out in every text."""
    value = " ".join(value.split())
    if len(value) > LONGEST_NAME:
        raise ValueError(f"too long with {len(value)} letters; write at most {LONGEST_NAME}")
    return value


def _port(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise ValueError("not a port; write a number from 1 to 65535, such as 8000")
    return int(text)


def _public_key(value: str) -> str:
    if not re.fullmatch(r"age1[a-z0-9]{20,}|ssh-(ed25519|rsa) \S+( .*)?", value):
        raise ValueError("not a public key; write one that begins with age1: hotline backup --new-key FILE makes it")
    return value


def _yes(value: object) -> bool:
    said = str(value).strip().lower()
    if said not in (*YES, *NO):
        raise ValueError("neither yes nor no; write 1 or 0")
    return said in YES


def _hour(value: int) -> int:
    if not 0 <= value <= 23:
        raise ValueError("not an hour; write one from 0 to 23")
    return value


def _kept(value: int) -> int:
    if not 0 <= value <= 1000:
        raise ValueError("not a number of backups; write one from 0 to 1000")
    return value


def emergency_number(value: str) -> str:
    """A number that can be dialled."""
    if not re.fullmatch(r"\+?[\d ]{2,15}", value):
        raise ValueError("not a number to dial; write the one for emergencies, such as 911")
    return value


def _without_backups(
    settings_cls: type[BaseSettings], source: PydanticBaseSettingsSource
) -> PydanticBaseSettingsSource:
    empty = str(source().get("backup_folder", OFF)).strip() == ""
    return InitSettingsSource(settings_cls, {"backup_folder": OFF} if empty else {})


class Settings(BaseSettings):
    """The environment, or a file named .env. An empty variable counts as unset, but for BACKUP_FOLDER."""

    # An error that quotes what it was given would quote a token.
    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: Annotated[str, AfterValidator(_database)] = "sqlite:///hotline.db"
    public_url: Annotated[str, AfterValidator(_web)] | None = None
    twilio_account_sid: Annotated[str, AfterValidator(_account)] | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_auth_token_previous: SecretStr | None = None
    twilio_api_url: Annotated[str, AfterValidator(_web)] = "https://api.twilio.com"
    twilio_messaging_service_sid: Annotated[str, AfterValidator(_service)] | None = None
    hotline_name: Annotated[str, AfterValidator(line_name)] = "Neighbors' Hotline"
    hotline_number: Annotated[str, AfterValidator(_number)] | None = None
    hotline_whatsapp: Annotated[str, AfterValidator(_number)] | None = None
    hotline_language: Annotated[str, AfterValidator(spoken_language)] = "en"
    hotline_timezone: Annotated[str, AfterValidator(time_zone)] = "America/New_York"
    hotline_country: Annotated[str, AfterValidator(country)] = "US"
    hotline_emergency_number: Annotated[str, AfterValidator(emergency_number)] | None = None
    hotline_countries: Annotated[str, AfterValidator(countries)] | None = None
    hotline_reply_limit: int | None = None
    hotline_burst_seconds: int | None = None
    hotline_spool: Path | None = None
    hotline_disk_stays: Annotated[bool, BeforeValidator(_yes)] = False
    backup_folder: Path | None = None
    backup_public_key: Annotated[str, AfterValidator(_public_key)] | None = None
    backup_to: str | None = None
    backup_hour: Annotated[int, AfterValidator(_hour)] = 3
    backup_keep_daily: Annotated[int, AfterValidator(_kept)] = 7
    backup_keep_weekly: Annotated[int, AfterValidator(_kept)] = 4
    hotline_metrics_token: SecretStr | None = None
    hotline_simulator_hosts: Annotated[str, AfterValidator(_hosts)] | None = None
    source_url: Annotated[str, AfterValidator(_web)] | None = None
    port: Annotated[int, BeforeValidator(_port)] = 8000

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The usual ones; and BACKUP_FOLDER says something when it is empty: that there shall be none."""
        file = dotenv_settings.env_file if isinstance(dotenv_settings, DotEnvSettingsSource) else None
        emptied = (
            _without_backups(settings_cls, EnvSettingsSource(settings_cls, env_ignore_empty=False)),
            _without_backups(settings_cls, DotEnvSettingsSource(settings_cls, env_file=file, env_ignore_empty=False)),
        )
        return init_settings, env_settings, emptied[0], dotenv_settings, emptied[1], file_secret_settings

    @model_validator(mode="before")
    @classmethod
    def _trimmed(cls, given: dict[str, Any]) -> dict[str, Any]:
        # Copy and paste brings spaces and line ends along, and a token with one of them would never fit.
        trimmed = {name: v.strip() if isinstance(v, str) else v for name, v in given.items()}
        return {name: value for name, value in trimmed.items() if value != ""}

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        twilio = {
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token,
        }
        missing = [name for name, value in twilio.items() if not value]
        wrong = []
        if len(missing) == 1:
            given = next(name for name in twilio if name not in missing)
            wrong.append(f"{missing[0]}: {given} is set, so this is needed too; both are in Twilio's console")
        if len(missing) < 2 and self.public_url is None:
            wrong.append(
                "PUBLIC_URL: not set; write the address at which Twilio reaches this hotline, such as https://hotline.example.org"
            )
        if len(missing) < 2 and not self.hotline_number and not self.hotline_whatsapp:
            wrong.append(f"HOTLINE_NUMBER: not set; write the number that people text, such as {SIMULATED_NUMBER}")
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    @property
    def tokens(self) -> tuple[str, ...]:
        """The auth tokens a signature may be made with, the current one first."""
        both = (self.twilio_auth_token, self.twilio_auth_token_previous)
        return tuple(token.get_secret_value() for token in both if token)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log may hold, in any of the ways in which it is written."""
        token = self.hotline_metrics_token
        return (*self.tokens, *([token.get_secret_value()] if token else []), *passwords(self.database))

    def numbers(self, *, simulated: bool) -> tuple[str | None, str | None]:
        """What people text by SMS and by WhatsApp; the simulator has a reserved number where none is set."""
        spare = pretend_numbers.of(self.hotline_country)[0] if simulated else None
        return self.hotline_number or spare, self.hotline_whatsapp or spare

    @property
    def emergency_number(self) -> str:
        """Whom to call in danger: as set, else the country's."""
        return self.hotline_emergency_number or by_country.emergency_number(self.hotline_country)

    def web_address(self, *, simulated: bool) -> str | None:
        """Where its pages are: the simulator's, on this machine."""
        return self.public_url or (f"http://localhost:{self.port}" if simulated else None)

    def line(self, *, simulated: bool) -> dict[str, str | None]:
        """What the settings say about the first line."""
        sms, whatsapp = self.numbers(simulated=simulated)
        return {
            "name": self.hotline_name,
            "sms": sms,
            "whatsapp": whatsapp,
            "language": self.hotline_language,
            "timezone": self.hotline_timezone,
            "country": self.hotline_country,
            "emergency_number": self.emergency_number,
        }

    @property
    def rules(self) -> dict[str, Any]:
        """What the settings say about the first line's rules; nothing about the others of its figures."""
        said = {
            "countries": self.hotline_countries.split(",") if self.hotline_countries else None,
            "reply_limit": self.hotline_reply_limit,
            "burst_seconds": self.hotline_burst_seconds,
        }
        return {name: value for name, value in said.items() if value is not None}

    @property
    def public_host(self) -> str | None:
        """PUBLIC_URL's host, where somebody outside could reach it."""
        host = (urlsplit(self.public_url).hostname or "") if self.public_url else ""
        return host if is_public(host) else None

    @property
    def reached_from_outside(self) -> bool:
        """Whether a carrier out there has to reach PUBLIC_URL: an emulator on this machine has not."""
        host = urlsplit(self.twilio_api_url).hostname or ""
        return self.public_host is not None and host not in ("localhost", "127.0.0.1", "::1")

    @property
    def simulator_hosts(self) -> frozenset[str]:
        """The names under which everybody may see the simulator."""
        return frozenset((self.hotline_simulator_hosts or "").split(",")) - {""}

    @property
    def database(self) -> URL:
        """Where the database is."""
        return make_url(self.database_url)

    @property
    def database_file(self) -> Path | None:
        """SQLite's file, or None on PostgreSQL."""
        url = self.database
        return Path(url.database or "hotline.db") if url.get_backend_name() == "sqlite" else None

    @property
    def backups(self) -> Path | None:
        """The folder for backups, or None where there shall be none: by themselves they are made of SQLite alone."""
        if self.backup_folder is None:
            file = self.database_file
            return file.parent / "backups" if file else None
        return None if str(self.backup_folder) == OFF else self.backup_folder

    @property
    def spool(self) -> Path:
        """The folder for what the database cannot take for a while."""
        file = self.database_file
        return self.hotline_spool or (file.parent if file else Path()) / "spool"


def passwords(url: URL) -> list[str]:
    """What a database's address holds secret, as it is and as it stands in the address."""
    hidden = [each for name, value in url.query.items() if "pass" in name for each in _all(value)]
    found = [each for each in (url.password, *hidden) if each]
    forms = [(each, quote(each), quote(each, safe=""), quote(each, safe=" +")) for each in found]
    return list(dict.fromkeys(form for each in forms for form in each))


def shown(url: URL) -> str:
    """A database's address without its password, wherever in it that stands."""
    hidden = [name for name in url.query if name not in SHOWN]
    return url.difference_update_query(hidden).render_as_string(hide_password=True)


def _all(value: "str | tuple[str, ...]") -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def complaints(error: ValidationError) -> list[str]:
    """One line for each setting that is wrong: which, what, and what to write. Never the value of a secret."""
    found: list[str] = []
    for problem in error.errors(include_input=False, include_url=False):
        what = str(problem["msg"]).removeprefix("Value error, ")
        name = "_".join(str(part) for part in problem["loc"]).upper()
        found += [f"{name}: {what}"] if name else what.split("\n")
    return found
