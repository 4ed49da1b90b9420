"""Who may see what is not for everybody: this machine alone, or whoever the settings name."""

import ipaddress

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse

from app.hotline import Hotline

PROXIED = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "cf-ray"})
OURS = frozenset({"localhost", "127.0.0.1", "[::1]"})
REFUSAL = "Not for everybody: open it on the machine it runs on, or name this host in HOTLINE_SIMULATOR_HOSTS.\n"


class NotForEverybody(Exception):
    """Somebody asks for the simulator who may not see it."""


def simulator_guard(request: Request) -> None:
    """Raise NotForEverybody unless this machine asks, or somebody by a name that may be shown.

    The name counts, for a web page elsewhere can have a browser on this machine ask (DNS rebinding), and where it
    asks from, for anybody can write any name.
    """
    hotline: Hotline = request.app.state.hotline
    if not is_here(request) and host_name(request) not in hotline.settings.simulator_hosts:
        raise NotForEverybody


def refusal(_: Request, __: Exception) -> Response:
    """What whoever may not see it is told, whatever they asked for."""
    return PlainTextResponse(REFUSAL, status_code=403)


def host_name(request: Request) -> str:
    """The host's name in a request, without a port."""
    host = request.headers.get("host", "").lower()
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def is_here(request: Request) -> bool:
    """Whether this machine itself asks, not somebody through a proxy on it: behind one, everybody is loopback.

    No header is believed: any that a proxy adds only refuses. One that adds none still gives itself away by the
    public name it passes on, or by its old HTTP.
    """
    if request.client is None or any(name in PROXIED or name.startswith("x-forwarded") for name in request.headers):
        return False
    if host_name(request) not in OURS or request.scope.get("http_version") == "1.0":
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
