"""`hotline work`: the background work without a web server, for hosts that run the two apart."""

import signal
import threading

import typer

from app.cli import console, first_screen
from app.hotline import Hotline
from app.telemetry import logs

app = typer.Typer()


@app.command()
def work() -> None:
    """Send what is queued and watch the clock, until told to stop."""
    settings = console.settings()
    logs.configure(settings)
    console.check(settings)
    stopped = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopped.set())
    hotline = Hotline(settings)
    try:
        hotline.prepare()
        hotline.start()
        typer.echo(
            "\n".join([*first_screen.short(hotline), f"{settings.hotline_name} is working. Stop it with Ctrl+C."])
        )
        stopped.wait()
    finally:
        hotline.stop()
