"""Structured logs on standard error. They hold ids and kinds, never a number, a name or a word of a text."""

import logging
import sys

import structlog


def configure() -> None:
    """Set up logging for a process."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    # SQLAlchemy would print the values of a failed statement, which are people's texts; httpx logs addresses.
    for noisy in ("sqlalchemy", "httpx", "httpcore", "twilio"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # asked each time: a test may replace it
    )


def _without_values(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by where it happened: its message may quote a text."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException) and error.__traceback__ is not None:
        step = error.__traceback__
        while step.tb_next is not None:
            step = step.tb_next
        event["at"] = f"{step.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{step.tb_lineno}"
    return event
