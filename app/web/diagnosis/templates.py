"""WhatsApp's templates: how many are approved, and what stands in the way of the others."""

from collections.abc import Iterator

from app.outbound.templates import Standing
from app.telemetry.findings import Finding, Level
from app.telemetry.words import count_of
from models.delivery.contents import Approval

ABOUT = "WhatsApp templates"
WAIT = "nothing, if it passes within two days; else ask Twilio's support, with the names: hotline whatsapp templates"


def check(standings: list[Standing]) -> Iterator[Finding]:
    """How it stands with all of them."""
    by = {approval: [s for s in standings if s.content and s.content.approval is approval] for approval in Approval}
    missing = [s for s in standings if s.content is None] + by[Approval.NONE]
    if missing:
        what = (
            f"{count_of(len(missing), 'is', 'are')} not submitted: who did not write today gets nothing by WhatsApp"
        )
        yield Finding(Level.WARNING, ABOUT, what, "run: hotline whatsapp templates --submit")
    yield from not_allowed(standings)
    if by[Approval.WAITS]:
        yield Finding(Level.OK, ABOUT, f"WhatsApp has not decided on {len(by[Approval.WAITS])} yet", WAIT)
    if standings and len(by[Approval.APPROVED]) == len(standings):
        yield Finding(Level.OK, ABOUT, f"all {len(standings)} are approved")


def not_allowed(standings: list[Standing] | None) -> list[Finding]:
    """Those that WhatsApp does not let out, after it has seen them."""
    found = []
    for each in standings or ():
        if each.content is None or each.content.approval not in (Approval.REFUSED, Approval.PAUSED):
            continue
        said = "refused" if each.content.approval is Approval.REFUSED else "paused"
        which, why = f"{each.layout.name} {each.layout.language}", each.content.reason or "no reason given"
        what = f"{which} was {said} by WhatsApp: {why}"
        do = "change its words in handlers/phrasebook, [templates], and submit it again"
        found.append(Finding(Level.WARNING, ABOUT, what, do))
    return found


def approved(standings: list[Standing]) -> int:
    """How many may leave, in today's wording or the one before."""
    return sum(
        s.older is not None or (s.content is not None and s.content.approval is Approval.APPROVED) for s in standings
    )
