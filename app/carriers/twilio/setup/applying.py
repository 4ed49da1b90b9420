"""Carrying out a plan, and setting everything back: each looks first whether somebody else changed it meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from app.carriers.twilio.setup import changes
from app.carriers.twilio.setup.access import Access, Refused, asking
from app.carriers.twilio.setup.changes import OFF, Change, Resource
from app.carriers.twilio.setup.plan import DEFERS, made_before

GONE = 20404
NAME, URL = "friendly_name", "inbound_request_url"


@dataclass(frozen=True)
class Undone:
    """What became of one thing: set back, or left as it is, and why."""

    about: str
    where: str
    done: bool
    why: str
    again: bool = False  # Twilio refused or was away: what it was before is still to be set


def apply(access: Access, plan: list[Change]) -> Iterator[Change]:
    """Set everything, one thing after another; yields each change once it is set, with the SIDs of what was made.

    Keep the plan (`Change.packed`) before the first and each change when it comes. Stopped halfway, it can be called
    again: what is set already is not set twice. Raises Refused, also where somebody changed a setting since it was
    shown.
    """
    made = ""
    for (resource, sid), group in groupby(plan, key=lambda change: (change.resource, change.sid)):
        wanted = list(group)
        if resource is Resource.NEW_SERVICE:
            made = sid or _make(access, wanted)
        at = sid or made
        if resource is not Resource.NEW_SERVICE:
            _set(access, resource, at, wanted)
        yield from (replace(change, sid=at) for change in wanted)


def _set(access: Access, resource: Resource, sid: str, wanted: list[Change]) -> None:
    now = changes.present(access, resource, sid)
    for change in wanted:
        if now.get(change.field, "") not in (change.before, change.after):
            what = f"{change.what}: somebody has changed it since it was shown here"
            raise Refused(what, "run this again, and look at what it would change now")
    missing = {change.field: change.after for change in wanted if now.get(change.field, "") != change.after}
    if missing:
        changes.put(access, resource, sid, missing)


def _make(access: Access, wanted: list[Change]) -> str:
    fields = {change.field: change.after for change in wanted}
    made = made_before(access, fields[NAME], fields[URL])
    if made is not None:
        return made.sid
    with asking():
        return str(access.client.messaging.v1.services.create(**changes.of_service({**fields, DEFERS: OFF})).sid)


def undo(access: Access, record: list[Change]) -> list[Undone]:
    """Set back what the record says was there before, the last thing first; whatever else it finds is left.

    The record is what `apply` yielded, or the plan itself. Nothing raises: what cannot be done is said.
    """
    done: list[Undone] = []
    groups = [
        (resource, sid, list(group))
        for (resource, sid), group in groupby(record, key=lambda change: (change.resource, change.sid))
    ]
    for resource, sid, group in reversed(groups):
        about, where = group[0].about, group[0].where
        try:
            why, good = _undo(access, resource, sid or _made(access, record), group)
        except Refused as refused:
            if refused.code != GONE:
                done.append(Undone(about, where, False, str(refused), again=True))
                continue
            why, good = "it is not there any more", True
        done.append(Undone(about, where, good, why))
    return done


def _made(access: Access, record: list[Change]) -> str:
    """The service that a plan made, where nobody noted its SID; a SID that there is not, if it was not made."""
    fields = {change.field: change.after for change in record if change.resource is Resource.NEW_SERVICE}
    if not fields:
        return "MG"
    made = made_before(access, fields[NAME], fields[URL])
    return made.sid if made is not None else "MG"


def _undo(access: Access, resource: Resource, sid: str, group: list[Change]) -> tuple[str, bool]:
    now = changes.present(access, resource, sid)
    if resource is not Resource.NEW_SERVICE and all(now.get(each.field, "") == each.before for each in group):
        return "it is as it was before", True
    for change in group:
        if now.get(change.field, "") not in (change.before, change.after):
            return f"somebody has changed it since ({change.what}), so it is left as it is now", False
    if resource in (Resource.NEW_SERVICE, Resource.POOL) and _is_registered(access, sid):
        return "it is registered with the carriers (A2P 10DLC), which would be lost, so it stays", False
    if resource is Resource.NEW_SERVICE:
        if changes.present(access, Resource.POOL, sid):
            return "numbers are in its sender pool, so it stays", False
        with asking():
            access.client.messaging.v1.services(sid).delete()
        return "taken away again", True
    changes.put(access, resource, sid, {each.field: each.before for each in group})
    return "set back to what it was", True


def _is_registered(access: Access, sid: str) -> bool:
    with asking():
        return bool(access.client.messaging.v1.services(sid).us_app_to_person.list(limit=1))
