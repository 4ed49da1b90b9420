"""Every environment variable, typed, with its default. A wrong one says what is wrong and what to write."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from handlers import phrasebook

SIMULATED_NUMBER = "+12025550100"


def _database(value: str) -> str:
    # Hosts hand out postgres:// and postgresql://; the driver's name is ours to add.
    value = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value)
    try:
        kind = make_url(value).get_backend_name()
    except ArgumentError:
        kind = ""
    if kind not in ("sqlite", "postgresql"):
        raise ValueError("write sqlite:///hotline.db or postgresql://user:password@host/name")
    return value


def _web(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("write the whole address and nothing after it, such as https://hotline.example.org")
    return value.rstrip("/")


def _number(value: str) -> str:
    value = value.strip().removeprefix("whatsapp:")
    if re.fullmatch(r"\d{3,6}", value):  # a short code has no country
        return value
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError(f"write it with + and the country, such as {SIMULATED_NUMBER}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _language(value: str) -> str:
    if value.lower() not in phrasebook.languages():
        raise ValueError(f"write one of: {', '.join(phrasebook.languages())}")
    return value.lower()


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("write a time zone's name, such as America/New_York") from error
    return value


def _country(value: str) -> str:
    if value.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("write the country's two letters, such as US")
    return value.upper()


def _account(value: str) -> str:
    if not value.startswith("AC"):
        raise ValueError("write the Account SID from Twilio's console; it begins with AC")
    return value


def _emergency(value: str) -> str:
    if not re.fullmatch(r"\+?[\d ]{2,15}", value):
        raise ValueError("write the number to dial in an emergency, such as 911")
    return value


class Settings(BaseSettings):
    """The environment, or a file named .env. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    database_url: Annotated[str, AfterValidator(_database)] = "sqlite:///hotline.db"
    public_url: Annotated[str, AfterValidator(_web)] | None = None
    twilio_account_sid: Annotated[str, AfterValidator(_account)] | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_auth_token_previous: SecretStr | None = None
    twilio_api_url: Annotated[str, AfterValidator(_web)] = "https://api.twilio.com"
    twilio_messaging_service_sid: str | None = None
    hotline_name: str = Field(default="Neighbors' Hotline", max_length=60)
    hotline_number: Annotated[str, AfterValidator(_number)] | None = None
    hotline_whatsapp: Annotated[str, AfterValidator(_number)] | None = None
    hotline_language: Annotated[str, AfterValidator(_language)] = "en"
    hotline_timezone: Annotated[str, AfterValidator(_zone)] = "America/New_York"
    hotline_country: Annotated[str, AfterValidator(_country)] = "US"
    hotline_emergency_number: Annotated[str, AfterValidator(_emergency)] = "911"
    port: int = Field(default=8000, ge=0, le=65535)

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        twilio = {
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token,
        }
        missing = [name for name, value in twilio.items() if not value]
        if len(missing) == 1:
            given = next(name for name in twilio if name not in missing)
            raise ValueError(f"{missing[0]}: {given} is set, so this is needed too; both are in Twilio's console")
        if not missing and self.public_url is None:
            raise ValueError(
                "PUBLIC_URL: write the address at which Twilio reaches this hotline, such as https://hotline.example.org"
            )
        if not missing and not self.hotline_number and not self.hotline_whatsapp:
            raise ValueError(f"HOTLINE_NUMBER: write the number that people text, such as {SIMULATED_NUMBER}")
        return self

    @property
    def simulated(self) -> bool:
        """Whether the simulator is the carrier: no Twilio credentials are set."""
        return self.twilio_account_sid is None

    @property
    def tokens(self) -> tuple[str, ...]:
        """The auth tokens a signature may be made with, the current one first."""
        both = (self.twilio_auth_token, self.twilio_auth_token_previous)
        return tuple(token.get_secret_value() for token in both if token)

    @property
    def sms(self) -> str | None:
        """The number for SMS; the simulator has one of the reserved numbers where none is set."""
        if self.hotline_number or not self.simulated:
            return self.hotline_number
        return SIMULATED_NUMBER

    @property
    def database(self) -> URL:
        """Where the database is."""
        return make_url(self.database_url)

    @property
    def database_file(self) -> Path | None:
        """SQLite's file, or None on PostgreSQL."""
        url = self.database
        return Path(url.database or "hotline.db") if url.get_backend_name() == "sqlite" else None


def complaints(error: ValidationError) -> list[str]:
    """One line for each setting that is wrong: which, what, and what to write. Never the value of a secret."""
    found = []
    for problem in error.errors(include_input=False, include_url=False):
        what = str(problem["msg"]).removeprefix("Value error, ")
        name = "_".join(str(part) for part in problem["loc"]).upper()
        found.append(f"{name}: {what}" if name else what)
    return found
