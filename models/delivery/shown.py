"""Layouts that carry buttons and lists into WhatsApp's window: which one a text needs, and what fills it.

Twilio sends none without a layout that it keeps. Only the titles of buttons are part of it; the words, the ids and
the rows of a list are variables, so that there are few, and each is made once. None is submitted for approval.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import col, select

from models.delivery import forms
from models.delivery.contents import Content, Kind
from models.delivery.forms import Form
from models.delivery.handover import SentAs
from models.store.session import Session

WORDS = "1"  # the variable that holds the words


@dataclass(frozen=True)
class Shape:
    """What the carrier keeps of a layout. `titles` are those of buttons, or the one that unfolds so many `rows`."""

    titles: tuple[str, ...]
    rows: int = 0

    @property
    def kind(self) -> Kind:
        """Whether it has buttons, or a list."""
        return Kind.LIST if self.rows else Kind.BUTTONS

    @property
    def name(self) -> str:
        """What it is called with us."""
        return f"{self.kind}-{self.rows or len(self.titles)}"

    @property
    def called(self) -> str:
        """What the carrier calls it."""
        return f"hotline_{self.name}_{self.digest}"

    @property
    def digest(self) -> str:
        """Of everything in it."""
        return hashlib.sha256(json.dumps([self.titles, self.rows]).encode()).hexdigest()[:16]


def shape(form: Form) -> Shape | None:
    """The layout that a text needs for its buttons or its list; None for one without."""
    if form.buttons:
        return Shape(tuple(button.title for button in form.buttons))
    return Shape((form.list_title,), len(form.rows)) if form.rows else None


def find(session: Session, wanted: Shape) -> Content | None:
    """The carrier's layout of this shape, the newest if it was made several times."""
    query = select(Content).where(Content.kind == wanted.kind, Content.digest == wanted.digest)
    return session.exec(query.order_by(col(Content.id).desc()).limit(1)).first()


def sent_as(form: Form, content: Content) -> SentAs:
    """A text as it leaves by this layout."""
    values = [button.id for button in form.buttons]
    for row in form.rows:
        values += [row.title, row.id]
    variables = {WORDS: form.words, **{str(n): value for n, value in enumerate(values, 2)}}
    return SentAs(content.sid, variables, form.words, template=False)


def in_words(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    """The form of a text that goes again without buttons, for these got it nowhere; the same if it had none.

    What left by a template did not fail for these.
    """
    form = forms.unpack(kept)
    if form is None or shape(form) is None or forms.sent_by(kept) is not None:
        return kept
    return forms.pack(replace(form, buttons=(), rows=(), list_title="", words=""))
