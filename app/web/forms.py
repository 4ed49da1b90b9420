"""Forms that pages of ours send, and those alone: a web page elsewhere must not act for whoever is logged in here."""

import re
import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import Depends, HTTPException, Request

LARGEST = 64 * 1024  # bytes of a form
CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " ")  # no database keeps all of them
NAME = re.compile(r"[\w-]{1,40}", re.ASCII)


@dataclass(frozen=True)
class Form:
    """What a form said; fields may repeat."""

    fields: dict[str, list[str]]

    def text(self, name: str) -> str:
        """The field's value, empty where it is missing."""
        return self.fields.get(name, [""])[0].translate(CONTROL)

    def number(self, name: str) -> int:
        """The field as a whole number; 0 for anything else, which is nobody's id."""
        return whole_number(self.text(name))

    @property
    def id(self) -> str:
        """By what the same form sent twice is one; a form without a name is one of its own."""
        return self.text("form_id") or new_id()

    def numbers(self, name: str) -> tuple[int, ...]:
        """All values of a field that may be ticked several times."""
        return tuple(whole_number(value) for value in self.fields.get(name, []))


def new_id() -> str:
    """A name for one form on one page, by which the same form sent twice is one act."""
    return secrets.token_urlsafe(9)


def whole_number(text: str) -> int:
    """The text as a number that may be somebody's id; else 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def check_ours(request: Request) -> None:
    """Raise HTTPException (403) if a page elsewhere sent this form."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = site == "same-origin" if site else bool(origin) and urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise HTTPException(403, "This form is not from the hotline's own page.")


async def own_form(request: Request) -> Form:
    """The posted form. Raises HTTPException: 403 if a page elsewhere sent it, 413 and 400 for what is no form."""
    check_ours(request)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413)
    try:
        fields = parse_qs(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise HTTPException(400) from error
    form = Form(fields)
    if not NAME.fullmatch(form.id):
        raise HTTPException(400)
    return form


OwnForm = Annotated[Form, Depends(own_form)]
