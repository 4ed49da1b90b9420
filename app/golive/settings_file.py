"""Our settings go where the hotline reads them: into .env, or, on a host that keeps no file, to its own settings."""

import shlex
from typing import Any

from app.golive import env_file
from app.golive.dialog import Stop
from app.golive.setup import WRITTEN, Setup, reader

STEP = "settings"
SECRET = "TWILIO_AUTH_TOKEN"
HEROKU = "Heroku"


def run(setup: Setup) -> None:
    """Write what is not there yet. Raises Stop where somebody else has to."""
    wanted = {name: value for name in WRITTEN if (value := setup.value(name))}
    if host := setup.host:
        _elsewhere(setup, host, wanted)
    else:
        _into_file(setup, wanted)
    setup.state.answers.clear()  # the token is in one place from now on
    setup.state.finish(STEP, setup.clock.now())


def _into_file(setup: Setup, wanted: dict[str, str]) -> None:
    state, path = setup.state, setup.folder / env_file.NAME
    there = env_file.read(setup.folder)
    missing = {name: value for name, value in wanted.items() if there.get(name) != value}
    if missing:
        state.wrote = _written(setup, missing)
        state.save()
        setup.dialog.say(f"Written into {path}, which only you can read. Nobody else needs to see it.")
    else:
        if there:
            path.chmod(0o600)
        setup.dialog.say(f"{path} says it all already.")
    if over := sorted(n for n, v in wanted.items() if setup.env.get(n) and not _same(n, setup.env[n], v)):
        raise Stop(
            f"This shell's environment has other values for {', '.join(over)}, and they win over {env_file.NAME}. "
            f"Take them out (unset {' '.join(over)}), then run hotline golive again."
        )


def _written(setup: Setup, missing: dict[str, str]) -> dict[str, Any]:
    try:
        return env_file.lay_in(setup.folder, missing, setup.state.wrote)
    except OSError as error:
        raise Stop(
            f"Nothing can be written in {setup.folder} ({error.strerror}). Go to a folder of your own, or mend that."
        ) from error


def _same(name: str, one: str, other: str) -> bool:
    if name == SECRET:
        return one == other
    try:
        return reader(name)(one) == reader(name)(other)
    except ValueError:
        return False


def _elsewhere(setup: Setup, host: str, wanted: dict[str, str]) -> None:
    """Say what to set there, unless it is set."""
    missing = {n: v for n, v in wanted.items() if not (setup.env.get(n) and _same(n, setup.env[n], v))}
    if not missing:
        setup.dialog.say(f"{host} has all settings.")
        return
    setup.dialog.say(f"{host} keeps no file that is written here, so the settings go where you set them there:")
    if host == HEROKU:
        said = [f"{n}=..." if n == SECRET else f"{n}={shlex.quote(v)}" for n, v in missing.items()]
        setup.dialog.show("heroku config:set " + " ".join(said))
    else:
        setup.dialog.show(*(f"{n}={'...' if n == SECRET else v}" for n, v in missing.items()))
    token = " For ... write the auth token that you gave; it is not shown here." if SECRET in missing else ""
    raise Stop(f"Set these there, and let it start anew.{token} Then run hotline golive again: it goes on from here.")
