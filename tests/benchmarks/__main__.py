"""`python -m tests.benchmarks [NAMES]`: measure, and print one table."""

import os
import platform
import sqlite3
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from tests.benchmarks import (
    against,
    asking,
    bench,
    fsync,
    full,
    living,
    memory,
    morning,
    moving,
    pages,
    profiling,
    scale,
    sending,
    session,
    surge,
)
from tests.benchmarks.figures import say
from tests.benchmarks.neighborhood import Trait

MODULES = full, against, session, fsync, scale, morning, sending, memory, pages, asking, living, surge, moving
BENCHMARKS = {module.NAME: module for module in MODULES}
DATABASES = ("sqlite", "postgresql")


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Which to run: {', '.join(BENCHMARKS)}. All if none is named.")
    ] = None,
    database: Annotated[list[str] | None, typer.Option(help="sqlite or postgresql; both if not given.")] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, help="How often each is measured, in turn with the other.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of everything, once: does it work at all?")] = False,
    days: Annotated[
        int | None, typer.Option(min=1, help="Of asking and living: how many are lived through at most.")
    ] = None,
    traits: Annotated[
        list[Trait] | None, typer.Option("--with", help="Of living: what the neighborhood has; all if none is named.")
    ] = None,
    profile: Annotated[bool, typer.Option("--profile", help="Instead: where the full path's time goes.")] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where SQLite's files go; its disk is what is measured.")
    ] = None,
) -> None:
    """Measure how fast the hotline is, beside a server that does nothing and the same job written naively."""
    chosen = [name for name in BENCHMARKS if not names or name in names]
    kinds = ["sqlite"] if profile else [kind for kind in DATABASES if not database or kind in database]
    if unknown := {*(names or ()), *(database or ())} - {*BENCHMARKS, *DATABASES}:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: write some of {', '.join(BENCHMARKS)}")
    began = time.monotonic()
    with bench.opened(
        kinds, rounds or (1 if quick else 5), 0.1 if quick else 1.0, folder, days, frozenset(traits or ())
    ) as opened:
        if profile:
            typer.echo(profiling.run(opened))
            return
        measured_on = machine(opened.folder)
        say(measured_on)
        for name in chosen:
            BENCHMARKS[name].run(opened)
        report = opened.report
        typer.echo(measured_on)
        typer.echo(report.table())
        typer.echo(f"{time.monotonic() - began:,.0f} seconds in all")
    if report.lost:
        say(f"{report.lost} texts were lost, kept twice, or not answered.")
        sys.exit(1)


def machine(folder: Path) -> str:
    """What was measured on: figures of different machines do not compare."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"fsync {a_page(folder) * 1e3:.2f} ms, load {os.getloadavg()[0]:.1f}"
    )


def a_page(folder: Path) -> float:
    """How long the disk takes to keep a page for good, in seconds."""
    times = []
    with (folder / "page").open("wb") as file:
        for _ in range(50):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return sorted(times)[len(times) // 2]


if __name__ == "__main__":
    typer.run(main)
