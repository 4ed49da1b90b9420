"""The simulated phone network: every text arrives at once, and nobody pays."""

import ipaddress
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from app.carriers.base import Carrier, MediaGone, Outgoing, Sent, SentMessage, Verdict
from app.settings import Settings
from app.telemetry.findings import Finding, Level
from handlers.wording.layouts import Layout
from models import lines
from models.delivery import outbound
from models.delivery.contents import Approval
from models.delivery.outbound import State
from models.lines import Channel
from models.store.session import Session

SET_UP = "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN again"
NAMED = "To show pretend people to everybody, write the host's name in HOTLINE_SIMULATOR_HOSTS"

MOST_HELD = 50  # pictures of pretend phones, until they are fetched


class SimulatorRefused(Exception):
    """Why the simulator may not run here, and what to do. It shows everybody's texts, and sends nobody's."""


class Simulator(Carrier):
    """A carrier without phones. The pages of the simulator show what it carried."""

    name = "simulator"
    paced = False
    simulated = True
    reports_delivery = False

    approves = True

    def keep_template(self, layout: Layout) -> str:
        """Keep it under an id that is its name's."""
        return f"HX{layout.digest:0>32}"

    def submit_template(self, layout: Layout, sid: str) -> Verdict:
        """Approve it at once."""
        return Verdict(Approval.APPROVED)

    def template_verdict(self, sid: str) -> Verdict:
        """It is approved."""
        return Verdict(Approval.APPROVED)

    def __init__(self) -> None:
        self._held: OrderedDict[str, bytes] = OrderedDict()  # what pretend phones have sent, by its address

    def hold(self, content: bytes) -> str:
        """Keep what a pretend phone sends along, as a carrier would; returns its address."""
        url = f"https://media.invalid/{uuid4().hex}"
        self._held[url] = content
        while len(self._held) > MOST_HELD:
            self._held.popitem(last=False)
        return url

    def fetch(self, url: str, most: int) -> bytes:
        """What was kept. Raises MediaGone."""
        content = self._held.get(url)
        if content is None or len(content) > most:
            raise MediaGone("nothing there")
        return content

    def send(self, text: Outgoing) -> Sent:
        """Deliver the text."""
        return Sent(sid=f"SM{uuid4().hex}", state=State.DELIVERED)

    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """Nothing: it remembers no text, and what it took it has delivered."""
        return []

    def checks(self, numbers: list[tuple[Channel, str]], now: datetime) -> Iterator[Finding]:
        """That nothing real is sent."""
        do = "for real ones: hotline golive"
        yield Finding(Level.OK, "carrier", "the simulator; no real text is sent", do)


def check_address(settings: Settings) -> None:
    """Raise SimulatorRefused where PUBLIC_URL is public: whoever set it wanted a carrier, and lost its settings."""
    host = settings.public_host
    if host and host not in settings.simulator_hosts:
        raise SimulatorRefused(
            "PUBLIC_URL is public, and no carrier is set up: the simulator would show every text to everybody, and "
            f"send none. For real people {SET_UP}; to try it out, unset PUBLIC_URL. {NAMED}."
        )


def check_people(session: Session) -> None:
    """Raise SimulatorRefused where people came by a real carrier."""
    names = lines.real_carriers(session)
    if names or outbound.has_callbacks(session):
        whose = " and ".join(names) or "a carrier"
        raise SimulatorRefused(
            f"This database has real people, who came by {whose}, and no carrier is set up: "
            "the simulator would show their texts, and what is queued for them would be lost. For them "
            f"{SET_UP}; to try it out, write another DATABASE_URL, such as sqlite:///try.db."
        )


def check_listener(settings: Settings, address: str) -> None:
    """Raise SimulatorRefused where others than this machine could look, unless a host is named for that."""
    if not ipaddress.ip_address(address.partition("%")[0]).is_loopback and not settings.simulator_hosts:
        raise SimulatorRefused(
            "No carrier is set up, and the simulator would show every text to whoever reaches this address. For real "
            f"people {SET_UP}; to try it out, leave --host away. {NAMED}."
        )
