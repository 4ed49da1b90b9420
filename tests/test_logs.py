"""Whatever is logged, by us or by a library, no number, e-mail, token or word of a text gets out."""

import contextlib
import io
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat as Form
from pydantic import SecretStr

from app.telemetry import logs
from tests.fakes import TOKEN, settings, twilio_settings
from tests.serving import environment

RUN = re.compile(r"\d(?:[\s().,/·–—‑-]*\d){6,}")
PARTS = "0123456789abcdef0123456789abcdef"
SIDS = [f"AC{PARTS}", f"SM{PARTS}", PARTS, PARTS.upper()]

areas = st.integers(201, 989).filter(lambda area: area % 100 != 11)
numbers = st.builds(lambda area, last: f"+1{area}55501{last:02}", areas, st.integers(0, 99))


def written(number: str, how: int) -> str:
    """A number as people and programs write it."""
    parsed = phonenumbers.parse(number)
    area, middle, last = number[2:5], number[5:8], number[8:]
    forms = [
        *(phonenumbers.format_number(parsed, form) for form in (Form.E164, Form.INTERNATIONAL, Form.RFC3966)),
        phonenumbers.format_number(parsed, Form.NATIONAL),
        number[2:],
        f"{area}.{middle}.{last}",
        f"({area}) {middle} - {last}",
        f"1 / {area} / {middle} / {last}",
        f"{area}\u2011{middle}\u2013{last}",
        f"whatsapp:{number}",
        f"https://api.twilio.com/x.json?To=%2B{number[1:]}&Body=insulin",
        number[2:].translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        f"US.{number[1:]}",
    ]
    return forms[how % len(forms)]


def packed(text: str, how: int) -> dict[str, Any]:
    """An event's values with a text somewhere in them."""
    shapes: list[dict[str, Any]] = [
        {"said": text},
        {"said": [text, {"deep": (text,)}]},
        {"said": {text: 1}},
        {"said": text.encode("utf-8", "replace")},
        {"said": ValueError(text)},
        {"said": {text}},
        {"exc_info": ValueError(text)},
        {text or "x": "said"},
    ]
    return shapes[how % len(shapes)]


def logged(event: str, **values: Any) -> str:
    """The line that is written, without its time."""
    logs.configure()
    with contextlib.redirect_stderr(io.StringIO()) as said:
        structlog.get_logger().error(event, **values)
    return said.getvalue().partition(" level=")[2]


@given(numbers, st.integers(0, 12), st.integers(0, 7), st.text(max_size=20), st.text(max_size=20))
@example("+12025550101", 4, 0, "2026-03-03T10:00:00.", "")
@example("+12025550101", 4, 0, "2026-03-03 ", "")
@example("+12025550101", 4, 0, "x", "x")
@example("+12025550101", 10, 3, "", "")
def test_no_number_gets_out(number: str, how: int, shape: int, before: str, after: str) -> None:
    line = logged("event", **packed(before + written(number, how) + after, shape))
    assert number[2:] not in line
    assert not RUN.search(re.sub(r"2026-03-03|\\U[0-9a-f]{8}", "", line)), line  # dates, and unprintable characters
    assert line.count("\n") == 1


@given(numbers.map(lambda number: int(number[1:])))
def test_no_number_written_as_a_figure_gets_out(number: int) -> None:
    assert str(number) not in logged("event", to=number)


@given(st.emails(), st.integers(0, 7))
def test_no_email_gets_out(email: str, shape: int) -> None:
    line = logged("event", **packed(f"from {email} ", shape))
    assert "@" not in line
    assert email.rpartition("@")[2] not in line


@given(st.sampled_from(SIDS), st.integers(0, 7))
def test_no_token_gets_out(token: str, shape: int) -> None:
    line = logged("event", **packed(f"with {token},", shape))
    assert PARTS not in line.lower()


@pytest.mark.parametrize(
    "said",
    [
        "postgresql+psycopg://ana:hush-hush@db.example.org/hotline",
        "connection failed: password=hush-hush host=db",
        "Authorization: Bearer hush-hush",
        "Authorization: Basic hush-hush=",
        "GET /simulator?words=hush-hush HTTP/1.1",
        "auth_token='hush-hush'",
        "token: hush-hush",
    ],
)
def test_no_password_gets_out(said: str) -> None:
    assert "hush" not in logged("event", said=said)


def test_the_secrets_of_the_process_are_known_whatever_they_look_like() -> None:
    given = twilio_settings(
        "postgresql+psycopg://ana:pass%20word@127.0.0.1/x",
        twilio_auth_token="plain words",
        hotline_metrics_token=SecretStr("scrape me"),
    )
    logs.configure(given)
    line = logged("event", said="plain words, pass word, scrape me, the-token-of-yesterday")
    logs.configure(settings("sqlite:///x.db"))
    assert line.count("[secret]") == 4
    assert not any(secret in line for secret in given.secrets)


@pytest.mark.parametrize(
    "said",
    [
        "app/outbox.py:155 > sqlalchemy/base.py:1967",
        "2026-03-03T15:00:00+00:00",
        "2026-03-03 15:00:00.123456",
        "2026-03-03",
        "not_taken",
        "/twilio/message",
        "sqlite:///hotline.db",
        "error 20003",
    ],
)
def test_what_is_needed_to_find_a_fault_stays(said: str) -> None:
    assert said in logged("event", said=said)


def test_ids_stay() -> None:
    assert logged("not_taken", text=1_234_567, code=30003, fault=None, took=0.1234567, ok=True) == (
        "'error' event='not_taken' text=1234567 code=30003 fault=None took=0.1234567 ok=True\n"
    )


def test_a_long_value_is_cut() -> None:
    line = logged("event", said="word " * 100_000)
    assert len(line) < logs.LONGEST + 100


@given(numbers, numbers)
def test_a_hash_tells_addresses_apart_and_is_no_number(one: str, other: str) -> None:
    logs.configure(twilio_settings("sqlite:///x.db"))
    made = logs.hashed(one)
    assert re.fullmatch("[0-9a-f]{10}", made)
    assert made == logs.hashed(f"whatsapp:{one}")
    assert (made == logs.hashed(other)) == (one == other)
    assert made in logged("event", sender=made)


def test_a_hash_is_the_same_after_a_restart_and_another_one_elsewhere() -> None:
    def restarted(token: str) -> str:
        logs.configure(twilio_settings("sqlite:///x.db", twilio_auth_token=token))
        return logs.hashed("+12025550101")

    assert restarted(TOKEN) == restarted(TOKEN) != restarted("another token")


def test_a_fault_is_told_by_the_way_there() -> None:
    try:
        logs.hashed(None)  # type: ignore[arg-type]
    except AttributeError as error:
        line = logged("failed", exc_info=error)
    assert re.search(r"error='AttributeError' at='app/telemetry/logs\.py:\d+'", line)
    assert "NoneType" not in line


@given(
    st.sampled_from(["uvicorn.error", "sqlalchemy.pool", "psycopg", "httpx", "twilio.http_client", "asyncio"]),
    numbers,
)
def test_no_librarys_logger_lets_anything_out(name: str, number: str) -> None:
    logs.configure()
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    try:
        raise RuntimeError(f"insulin for {number}")
    except RuntimeError:
        logger.critical("request to %s failed: %r", number, {"To": number}, exc_info=True, stack_info=True)
        logger.critical("broken %d", number)
    finally:
        logger.removeHandler(handler)
    line = said.getvalue()
    assert "error='RuntimeError'" in line
    assert "insulin" not in line
    assert not RUN.search(line)


EVERYTHING = """
import asyncio, logging, sys, threading
import httpx, psycopg, sqlalchemy as sa, uvicorn
from app.telemetry import logs
from app.main import create_app
from app.settings import Settings
settings = Settings(_env_file=None)
application = create_app(settings)
uvicorn.Config(application, log_level="debug")  # takes the loggers for itself
for name in ("uvicorn.error", "httpx", "sqlalchemy.engine", "psycopg"):
    logging.getLogger(name).setLevel(logging.DEBUG)
def fail():
    raise KeyError("insulin for +12025550101")
try:
    fail()
except KeyError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    import traceback
    logging.getLogger("uvicorn.error").error(traceback.format_exc())
logging.getLogger("uvicorn.access").critical(
    '%s - "%s %s HTTP/%s" %d', "192.0.2.7:1", "GET", "/x?To=+12025550101", "1.1", 200
)
try:
    httpx.get("http://127.0.0.1:1/Messages.json?To=%2B12025550101")
except httpx.ConnectError as error:
    logging.getLogger("x").warning("lost %s", error, exc_info=error)
engine = sa.create_engine("sqlite://", echo=True)
with engine.connect() as connection:
    connection.execute(sa.text("SELECT :said"), {"said": "insulin for +12025550101"})
try:
    psycopg.connect("postgresql://ana:hush-hush@127.0.0.1:1/insulin?connect_timeout=1")
except psycopg.OperationalError as error:
    logging.getLogger("x").error("no database: %s", error, exc_info=error)
    logging.getLogger("x").error("at %s", "postgresql://ana:hush-hush@127.0.0.1:1/hotline")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
async def forgotten():
    asyncio.get_running_loop().create_future().set_exception(KeyError("insulin for +12025550101"))
asyncio.run(forgotten())
class Unraisable:
    def __del__(self):
        fail()
Unraisable()
print("done", flush=True)
fail()
"""


def test_a_process_in_which_everything_breaks_tells_the_places_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING],
        env=environment(twilio_settings(f"sqlite:///{tmp_path / 'hotline.db'}")),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stderr + done.stdout.replace("done\n", "")
    assert done.returncode == 1
    assert done.stdout.endswith("done\n"), said
    for private in ("insulin", "2025550101", "hush", "To="):
        assert private not in said
    assert not RUN.search(re.sub(r"20\d\d-\d\d-\d\d\S*", "", said)), said
    assert said.count("event='died' error='KeyError'") == 3
    assert "event='Exception in ASGI application' logger='uvicorn.error' error='KeyError'" in said
    assert "event='traceback'" in said
