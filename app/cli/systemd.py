"""`hotline systemd`: the unit that keeps it running on a Linux machine of one's own, shut in as far as it can be."""

import sys
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated

import typer

from app.cli import console
from app.cli.trouble import WRONG_SETTINGS

app = typer.Typer()

HOMES = ("/home", "/root", "/run/user")
USER = "abcdefghijklmnopqrstuvwxyz0123456789_-"
UNUSUAL = "\"'\\$"

# What is shut: everything but its own folder can only be read, it can gain no right, and knows no device. What is
# left open, and why: memory that is written and run (libffi, for SQLite's callbacks), limits and priority (the
# process that opens a stranger's picture shuts itself in with them), and any address (the carrier, PostgreSQL).
UNIT = """\
[Unit]
Description=The hotline: neighbors' requests by text
Documentation={page}
Wants=network-online.target time-sync.target
After=network-online.target time-sync.target postgresql.service
StartLimitIntervalSec=0

[Service]
Type=exec
User={user}
WorkingDirectory={folder}
ExecStart={program} serve{port}
Restart=always
RestartSec=5
# Wrong settings mend themselves by no restart: systemctl status says which.
RestartPreventExitStatus={wrong_settings}
TimeoutStopSec=60
LimitNOFILE=4096
UMask=0077
Environment=PYTHONUNBUFFERED=1

ReadWritePaths={writable}
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
LockPersonality=yes
RemoveIPC=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""
PAGE = "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html"


@app.command()
def systemd(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where .env is, and the database: all that it may write to.")
    ] = Path("/var/lib/hotline"),
    user: Annotated[str, typer.Option("--user", help="As whom it runs; not root.")] = "hotline",
    port: Annotated[int | None, typer.Option("--port", min=1024, max=65535, help="Instead of PORT.")] = None,
) -> None:
    """Print a unit for systemd that starts the hotline with the machine, and again whenever it ends."""
    typer.echo(unit(folder, user, port, Path(sys.executable).with_name("hotline")), nl=False)


def unit(folder: Path, user: str, port: int | None, program: Path) -> str:
    """The unit's text; ends with a plain line for a folder or a user that cannot be."""
    place = PurePosixPath(folder)
    if not place.is_absolute() or place == PurePosixPath("/"):
        console.fail("--folder: not a folder's whole path; write one such as /var/lib/hotline", WRONG_SETTINGS)
    if user == "root" or not user or set(user) - set(USER) or user[0] in "-0123456789":
        console.fail("--user: not a name for it; write one such as hotline, not root", WRONG_SETTINGS)
    for path in (str(place), str(program)):
        if set(path) & set(UNUSUAL) or not path.isprintable():
            console.fail(f"{path}: no unit can name it; move it to a folder without {UNUSUAL}", WRONG_SETTINGS)
    at_home = any(path.is_relative_to(home) for path in (place, PurePosixPath(program)) for home in HOMES)
    return UNIT.format(
        page=PAGE,
        user=user,
        folder=_line(place),
        writable=_word(place),
        program=_word(program),
        port=f" --port {port}" if port else "",
        home="read-only" if at_home else "yes",
        wrong_settings=WRONG_SETTINGS,
    )


# systemd reads % as the beginning of a specifier (systemd.unit(5)), and in a list a space as the end of a path.


def _line(path: PurePath) -> str:
    return str(path).replace("%", "%%")


def _word(path: PurePath) -> str:
    return f'"{_line(path)}"' if " " in str(path) else _line(path)
