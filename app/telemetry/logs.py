"""Structured logs on standard error, one line an event. They hold ids and kinds, never a number, a name or a word.

What is written here holds none to begin with. For what other libraries write, and for what slips through, every line
passes a mask for whatever looks like a number, an e-mail or a token; exceptions are told by their place, for their
words may quote a text. Where one address must be told from another, `hashed` stands for it.
"""

import hashlib
import hmac
import logging
import re
import secrets
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from app.settings import Settings

ROOT = Path(__file__).parent.parent.parent
OURS = ("app", "handlers", "models", "migrations")
# These write statements, addresses and whole requests: they are quiet, and if they do speak, without their values.
NOISY = ("sqlalchemy", "psycopg", "httpx", "httpcore", "twilio", "uvicorn.access")
UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
PLAIN = frozenset({"timestamp", "level"})  # what the processors here add
LARGEST_ID = 10**9  # ids stay far below; a phone number written as a figure does not
LONGEST = 2000  # characters of one value
HASH = 10  # hexadecimal digits: enough to tell a town's phones apart

SECRET = "[secret]"
MASKS = [
    (re.compile(r"(?<=://)[^\s/@]+@"), f"{SECRET}@"),  # user and password before a host
    (re.compile(r"\?[^\s'\"?=]*=[^\s'\"]*"), "?[query]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s'\"]+"), rf"\1 {SECRET}"),
    (
        re.compile(r"(?i)(?<![a-z])(password|passwd|token|secret)(\s*[=:]\s*)('[^']*'|\"[^\"]*\"|\S+)"),
        rf"\1\2{SECRET}",
    ),
    (re.compile(r"(?<![^\s<>,;:=])[^\s<>,;:=@]*@[^\s<>,;:=]+"), "[e-mail]"),
    (re.compile(r"(?i)whatsapp:[^\s'\"]+"), "[address]"),
    (re.compile(r"\b[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{6,}"), "[address]"),  # WhatsApp's own, instead of a number
    (re.compile(r"(?i)[0-9a-f]{32,}"), SECRET),  # auth tokens, and ids that name a message to anyone who has one
    (re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{32,}"), SECRET),  # other tokens
]
DATE = r"\b20\d\d-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?(?!\d)"
NUMBER = r"\+?\d(?:[\s().,/·–—‑-]{0,4}\d){6,}"
DATE_OR_NUMBER = re.compile(f"(?P<date>{DATE})|{NUMBER}")

_key = secrets.token_bytes(32)
_secrets: tuple[str, ...] = ()


class Patient(structlog.PrintLogger):
    """Writes what it can: a log on a full disk must not cost anybody their answer."""

    def msg(self, message: str) -> None:
        """Write one line."""
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = critical = msg


def configure(settings: Settings | None = None) -> None:
    """Set up logging for a process; with its settings, what they hold secret is masked and hashes stay the same."""
    global _key, _secrets  # noqa: PLW0603 - logging is the process's, not anybody's in it
    if settings is not None:
        _secrets = tuple(sorted((secret for secret in settings.secrets if len(secret) > 3), key=len, reverse=True))
        if settings.tokens:
            _key = hmac.digest(settings.tokens[0].encode(), b"hotline logs", "sha256")
    logging.setLogRecordFactory(_harmless)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    for name in UVICORN:  # its own handlers would write in another form
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_values,
            mask,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: Patient(sys.stderr),  # asked each time: a test may replace it
    )
    sys.excepthook = _died
    # A test runner has hooks of its own here, and must go on hearing of what breaks.
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = lambda args: _died(args.exc_type, args.exc_value, args.exc_traceback)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = lambda args: _died(args.exc_type, args.exc_value, args.exc_traceback)


def hashed(address: str) -> str:
    """Ten digits that stand for an address: the same on one deployment until its auth token changes.

    Without the token nobody can try all numbers against it. The simulator's differ with every start.
    """
    made = hmac.new(_key, address.removeprefix("whatsapp:").encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    # Never a run of digits that the mask would take for a number.
    return next(made[i : i + HASH] for i in range(len(made)) if not re.search(r"\d{7}", made[i : i + HASH]))


def masked(text: str) -> str:
    """A text without whatever looks like a number, an e-mail or a token, and without the process's secrets."""
    for secret in _secrets:
        text = text.replace(secret, SECRET)
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    text = DATE_OR_NUMBER.sub(lambda found: found["date"] or "[number]", text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def mask(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Mask every value of an event: the last line of defence."""
    return {masked(str(key)): value if key in PLAIN else _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and abs(value) < LARGEST_ID:
        return value
    if isinstance(value, Mapping):
        return {masked(str(key)): _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(inner) for inner in value]
    if isinstance(value, BaseException):
        return type(value).__name__  # its words may quote a text
    return masked(str(value))


def without_values(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by where it happened: its message may quote a text."""
    error = event.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True else error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        event.setdefault("error", type(error).__name__)
        if error.__traceback__ is not None:
            event["at"] = places(error.__traceback__)
    return event


def places(traceback: TracebackType | None) -> str:
    """The way to where something happened: our own steps, and the last one wherever it is."""
    steps: list[tuple[bool, str]] = []
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        own = file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in OURS
        where = file.relative_to(ROOT).as_posix() if own else "/".join(file.parts[-2:])
        steps.append((own, f"{where}:{traceback.tb_lineno}"))
        traceback = traceback.tb_next
    return " > ".join(step for n, (own, step) in enumerate(steps) if own or n == len(steps) - 1)


def _harmless(*args: Any, **more: Any) -> logging.LogRecord:
    """A record of any library's logger, made into a line of ours before a handler sees it."""
    record = logging.LogRecord(*args, **more)
    try:
        said = str(record.msg) if record.name.startswith(NOISY) else record.getMessage()
    except Exception:  # a fault in the library's own call
        said = "unreadable"
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:  # some loggers quote it
        for words in (repr(error), str(error), *map(str, error.args)):
            said = said.replace(words, type(error).__name__) if words else said
    event: structlog.typing.EventDict = {
        "level": record.levelname.lower(),
        "event": said.partition("\n")[0],
        "logger": record.name,
    }
    if "Traceback (most recent call last)" in said:  # uvicorn writes some as text
        event.update(event="traceback", at=" > ".join(re.findall(r'/([^/"]+/[^/"]+", line \d+)', said)[-4:]))
    event = mask(None, "", without_values(None, "", {**event, "exc_info": error}))
    record.msg, record.args = _line(None, "", event), ()
    record.exc_info = record.exc_text = record.stack_info = None
    return record


def _died(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    """Instead of a traceback with the words of the error: what, and the way there."""
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().critical("died", error=kind.__name__, at=places(traceback))


_line = structlog.processors.KeyValueRenderer(key_order=["level", "event"])
