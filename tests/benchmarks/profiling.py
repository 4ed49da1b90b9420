"""Where the time of the full path goes: the writer's thread under cProfile, and what the web's half costs."""

import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.carriers.base import Webhook
from app.carriers.twilio.account import Account
from app.carriers.twilio.carrier import Twilio
from app.hotline import Hotline
from models.inbound import Heard
from tests import fakes, webhooks
from tests.benchmarks.bench import CONNECTIONS, WARM, Bench
from tests.benchmarks.full import HANDS
from tests.benchmarks.rows import Plan
from tests.benchmarks.texts import Prepared

TEXTS = 3_000
SHOWN = 30  # functions
OURS = ("app", "handlers", "models")


def run(bench: Bench) -> str:
    """The profile of SQLite's one writer, as a table; texts wait together as 32 connections make them."""
    ground = bench.grounds[0]
    supply = bench.texts(200, bench.size(TEXTS) + 2 * WARM)
    filled = ground.filled(Plan(open=len(supply) // 2, helpers=HANDS * len(supply)))
    with ground.copied(filled) as url:
        hotline = Hotline(fakes.twilio_settings(url))
        heard, each = _understood(supply)
        _receive(hotline, heard[:WARM])
        profile = cProfile.Profile()
        plain, profiled = heard[WARM : len(heard) // 2], heard[len(heard) // 2 :]
        took = _receive(hotline, plain) / len(plain)
        # cProfile sees the thread that turns it on, and on SQLite one thread does all the work.
        hotline.database.write(lambda _: profile.enable()).result()
        _receive(hotline, profiled)
        hotline.database.write(lambda _: profile.disable()).result()
        hotline.stop()
    return _table(profile, len(profiled), took, each)


def _understood(supply: Sequence[Prepared]) -> tuple[list[Heard], float]:
    """The texts as the webhook hands them over, and the seconds that each takes it."""
    bodies = [text.wire.partition(b"\r\n\r\n")[2] for text in supply]
    signatures = [webhooks.sign(webhooks.MESSAGE, body) for body in bodies]
    account = Account.of(fakes.twilio_settings("sqlite:///none.db"))
    carrier, now, heard = Twilio(account), datetime.now(UTC), []
    began = time.perf_counter()
    for body, signed in zip(bodies, signatures, strict=True):
        webhook = Webhook(carrier.name, "/twilio/message", "", body, now)
        assert carrier.verify(webhook, {"X-Twilio-Signature": signed})
        heard.append(carrier.parse(webhook))
    took = time.perf_counter() - began
    carrier.close()
    return [each for each in heard if isinstance(each, Heard)], took / len(bodies)


def _receive(hotline: Hotline, texts: Sequence[Heard]) -> float:
    """Take in the texts, as many at once as there are connections; returns the seconds."""
    began = time.perf_counter()
    under_way: list[Future[Any]] = []
    for text in texts:
        if len(under_way) == CONNECTIONS:
            under_way.pop(0).result()
        under_way.append(hotline.receive(text))
    for each in under_way:
        each.result()
    return time.perf_counter() - began


def _table(profile: cProfile.Profile, texts: int, took: float, each: float) -> str:
    stats: dict[tuple[str, int, str], tuple[int, int, float, float, Any]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    idle = ("acquire", "get")  # the writer waits for texts
    rows = {
        where: (calls, own, total)
        for where, (_, calls, own, total, _) in stats.items()
        if not any(f"'{word}' of" in where[2] for word in idle)
    }
    by_place: Counter[str] = Counter()
    for where, (_, own, _) in rows.items():
        by_place[_place(*where)] += own  # type: ignore[assignment]
    whole = sum(by_place.values())
    lines = [
        f"reading and checking a webhook: {each * 1e6:,.0f} us",
        f"a text on the writer's thread: {took * 1e6:,.0f} us ({whole / texts * 1e6:,.0f} us under the profiler)",
        "",
        *(f"{share / whole:6.1%}  {place}" for place, share in by_place.most_common(12)),
        "",
        f"{'calls a text':>12}  {'own us':>8}  {'total us':>9}  function",
    ]
    for where, (calls, own, total) in sorted(rows.items(), key=lambda row: -row[1][1])[:SHOWN]:
        lines.append(f"{calls / texts:12.2f}  {own / texts * 1e6:8.1f}  {total / texts * 1e6:9.1f}  {_name(*where)}")
    return "\n".join(lines)


def _place(file: str, _: int, name: str) -> str:
    """Whose time it is: ours by module, others' by package, C by what it belongs to."""
    parts = Path(file).parts
    if file == "~":
        return "SQLite itself" if "sqlite3" in name else "Python's built-ins"
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1].removesuffix(".py")
    found = next((part for part in OURS if part in parts), None)
    return f"{found}/{parts[-1]}" if found else "Python's library"


def _name(file: str, line: int, name: str) -> str:
    return name if file == "~" else f"{'/'.join(Path(file).parts[-2:])}:{line} {name}"
