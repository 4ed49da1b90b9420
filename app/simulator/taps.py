"""Buttons, lists and pins under the texts of pretend phones: what they look like, and what a press of one says.

A transcript writes them behind the text, `[Claim] [Pass]`, `[Choose: Food | A ride]`, `[map 38.9,-77]`, and a press
as `Ben > [tap Claim]`: of the buttons that Ben's phone shows, the last with this title (`[tap Claim #2]`: about #2).
"""

import re
from dataclasses import dataclass, replace

from sqlmodel import col, select

from handlers.wording import layouts
from models.delivery import forms
from models.delivery.forms import Button, Form
from models.delivery.outbound import Outbound
from models.inbound import Heard, Manner
from models.lines import Channel
from models.requests import Request
from models.store.session import Session

ABOUT = re.compile(r"(?P<title>.*?)(?: #(?P<number>\d{1,9}))?")
LOOKED_AT = 50  # texts to a phone, the last first


class NothingToTap(Exception):
    """The phone shows no such button, or no such text."""


@dataclass(frozen=True)
class Choice:
    """A button or a row, by its id and title."""

    id: str
    title: str


def choices(form: Form | None) -> tuple[Choice, ...]:
    """Everything that can be pressed."""
    if form is None:
        return ()
    rows = (Choice(row.id, row.title) for row in form.rows)
    return (*(Choice(button.id, button.title) for button in form.buttons), *rows)


def form_of(row: Outbound) -> Form | None:
    """What a phone shows beside the words of this text: only WhatsApp shows any of it."""
    form = forms.unpack(row.form) if row.channel is Channel.WHATSAPP else None
    if form is None or form.template is None or forms.sent_by(row.form) is None:
        return form
    layout = layouts.all_in(form.language)[form.template]
    number = form.values.get("number", "")
    ids = [button.id for button in form.buttons] or [f"{each.says} {number}".strip() for each in layout.buttons]
    shown = tuple(Button(id_, each.title) for id_, each in zip(ids, layout.buttons, strict=False))
    return Form(buttons=shown)


def words(row: Outbound) -> str:
    """The words of a text as a phone shows them."""
    form = form_of(row)
    by_words = form is None or not form.words or forms.sent_by(row.form) is not None
    return row.body if by_words or form is None else form.words


def written(form: Form | None) -> str:
    """What stands beside a text, as a transcript has it."""
    if form is None:
        return ""
    shown = [f"[{button.title}]" for button in form.buttons]
    if form.rows:
        shown.append(f"[{form.list_title}: {' | '.join(row.title for row in form.rows)}]")
    if form.pin is not None:
        shown.append(f"[map {form.pin.latitude},{form.pin.longitude}]")
    return " ".join(shown)


def shown(row: Outbound) -> str:
    """A text as a phone shows it, with what stands beside its words."""
    return f"{words(row)} {written(form_of(row))}".rstrip()


def pressed(session: Session, heard: Heard, outbound_id: int, choice_id: str) -> Heard:
    """A text as the press of this button under this text of ours. Raises NothingToTap."""
    row = session.get(Outbound, outbound_id)
    theirs = row is not None and (row.to, row.channel) == (heard.from_address, heard.channel)
    for choice in choices(form_of(row)) if row is not None and theirs else ():
        if row is not None and choice.id == choice_id:
            return replace(heard, body=choice.title, pressed=choice.id, replied_to=row.sid)
    raise NothingToTap("This button is no longer there.")


def tapped(session: Session, heard: Heard, said: str) -> Heard:
    """A text as the press of the last button with this title. Raises NothingToTap."""
    title, number = _about(said)
    for row in _lately(session, heard, number):
        for choice in choices(form_of(row)):
            if choice.title.casefold() == title.casefold():
                return replace(heard, body=choice.title, pressed=choice.id, replied_to=row.sid)
    raise NothingToTap(f"{heard.from_address} sees no button {said!r}")


def replied(session: Session, heard: Heard, number: int | None) -> Heard:
    """A text as the reply to the last text of ours, or the last about this request. Raises NothingToTap."""
    row = next(iter(_lately(session, heard, number)), None)
    if row is None:
        raise NothingToTap(f"{heard.from_address} has no text to reply to")
    return replace(heard, replied_to=row.sid)


def reacted(session: Session, heard: Heard, number: int | None) -> Heard:
    """A text as a reaction to the last text of ours, or the last about this request. Raises NothingToTap."""
    return replace(replied(session, heard, number), manner=Manner.REACTION)


def _about(said: str) -> tuple[str, int | None]:
    found = ABOUT.fullmatch(said)
    title, number = (found["title"], found["number"]) if found else (said, None)
    return title, int(number) if number else None


def _lately(session: Session, heard: Heard, number: int | None) -> list[Outbound]:
    query = select(Outbound).where(
        Outbound.to == heard.from_address, Outbound.channel == heard.channel, col(Outbound.sid).is_not(None)
    )
    if number is not None:
        query = query.join(Request, col(Request.id) == col(Outbound.request_id)).where(Request.number == number)
    return list(session.exec(query.order_by(col(Outbound.id).desc()).limit(LOOKED_AT)))
