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
}
VOLUMES = ("RAILWAY_VOLUME_MOUNT_PATH",)  # where a host says by itself which folder stays


class DiskIsLost(Exception):
    """SQLite on a disk that the host throws away. The message says what to do."""


def check(settings: Settings, env: Mapping[str, str] = os.environ) -> None:
    """Raise DiskIsLost where the database is a file on a disk that will not be there tomorrow."""
    file, name = settings.database_file, host(env)
    if file is None or name is None or settings.hotline_disk_stays or _on_volume(file, env):
        return
    raise DiskIsLost(
        f"{name} throws its disk away at every restart, and every request with it, but the database is a file there: "
        f"{file.absolute()}. Add {name}'s PostgreSQL, or another, and write its address into DATABASE_URL. If the "
        "file's folder is a volume that stays, set HOTLINE_DISK_STAYS=1"
    )


def host(env: Mapping[str, str] = os.environ) -> str | None:
    """The name of the host that loses its disk, or None anywhere else."""
    return next((name for variable, name in LOSES_ITS_DISK.items() if env.get(variable)), None)


def _on_volume(file: Path, env: Mapping[str, str]) -> bool:
    known = [Path(env[name]) for name in VOLUMES if env.get(name)]
    return any(file.resolve().is_relative_to(volume.resolve()) for volume in known)
