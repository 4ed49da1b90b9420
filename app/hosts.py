"""Hosts that lose their disk at every restart, and how each says who it is: SQLite there would lose every request.

They start a new container from the image whenever they like (Heroku: at least daily), and what was written is gone,
but for what lies on a volume. Each sets a variable of its own by which a program can tell.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from app.settings import Settings

LOSES_ITS_DISK = {  # the variable that is always set there, as its own documentation says, and whose it is
    "DYNO": "Heroku",  # devcenter.heroku.com/articles/dynos: the ephemeral filesystem
    "RENDER": "Render",  # render.com/docs/environment-variables
    "RAILWAY_PROJECT_ID": "Railway",  # docs.railway.com/reference/variables
    "FLY_APP_NAME": "Fly.io",  # fly.io/docs/machines/runtime-environment
    "K_SERVICE": "Cloud Run",  # cloud.google.com/run/docs/container-contract: its disk is memory
    "CF_INSTANCE_GUID": "Cloud Foundry",  # docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html
    "KOYEB_APP_NAME": "Koyeb",  # koyeb.com/docs/build-and-deploy/environment-variables
    "HOTLINE_IMAGE": "A container",  # our own Dockerfile, whoever runs it
}
VOLUME = "RAILWAY_VOLUME_MOUNT_PATH"  # where a host says by itself which folder stays
IMAGE = "HOTLINE_IMAGE"


class DiskIsLost(Exception):
    """SQLite on a disk that the host throws away. The message says what to do."""


def check(settings: Settings, env: Mapping[str, str] = os.environ) -> None:
    """Raise DiskIsLost where the database is a file on a disk that will not be there tomorrow."""
    file = settings.database_file
    where = None if file is None else forgets(file, stays=settings.hotline_disk_stays, env=env)
    if file is None or where is None:
        return
    raise DiskIsLost(
        f"{where} does not keep its disk: at a restart every request would be gone, for the database "
        f"is a file on it, {file.absolute()}. Add a PostgreSQL, which such hosts offer, and write its address into "
        "DATABASE_URL. Or, if the file lies on a volume that stays, set HOTLINE_DISK_STAYS=1"
    )


def is_known(env: Mapping[str, str] = os.environ) -> bool:
    """Whether it is one of them, or our own container."""
    return any(env.get(variable) for variable in LOSES_ITS_DISK)


def forgets(file: Path, *, stays: bool, env: Mapping[str, str] = os.environ) -> str | None:
    """The name of the host that will have thrown this file away by tomorrow; None where it stays."""
    where = next((variable for variable in LOSES_ITS_DISK if env.get(variable)), None)
    if where is None or stays or _on_volume(file.absolute(), where, env):
        return None
    return LOSES_ITS_DISK[where]


def _on_volume(file: Path, where: str, env: Mapping[str, str]) -> bool:
    if volume := env.get(VOLUME):
        return file.is_relative_to(volume)
    # Whoever starts our image by hand has said so with `-v`; elsewhere a mount may be anything, memory too.
    return where == IMAGE and any(folder.is_mount() for folder in file.parents if folder != folder.parent)
