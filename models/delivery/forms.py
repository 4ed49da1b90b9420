"""What a text is besides its words: the template it may leave by, its buttons, its list. Kept as JSON on the text.

WhatsApp takes words of ours within 24 hours of the person's last message, with buttons or a list beside them; after
that only what it has approved before. What of a form is used is decided when the text leaves.
"""

from dataclasses import dataclass
from typing import Any

LONGEST_ID = 200  # characters of what comes back when a button is pressed (Twilio, quick replies)


@dataclass(frozen=True)
class Button:
    """A button under a text: what comes back when it is pressed, and what it shows."""

    id: str
    title: str


@dataclass(frozen=True)
class Row:
    """One of a list that unfolds."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Pin:
    """A place on a map, in degrees."""

    latitude: float
    longitude: float
    label: str = ""


@dataclass(frozen=True)
class Form:
    """Everything of a text but its words. An empty one is none.

    `template` is a name of the phrasebook's [templates], in `language`; `names` and `variables` are what it needs,
    side by side. `rows` unfold under a button that shows `list_title`.
    """

    template: str | None = None
    language: str = ""
    names: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    rows: tuple[Row, ...] = ()
    list_title: str = ""
    words: str = ""  # what is said where these are shown: the text's words without what they say
    pin: Pin | None = None

    @property
    def values(self) -> dict[str, str]:
        """The template's variables by their names."""
        return dict(zip(self.names, self.variables, strict=True))


def pack(form: Form | None) -> dict[str, Any] | None:
    """As kept on a text; None for one that has nothing but its words."""
    if form is None or form == Form():
        return None
    kept: dict[str, Any] = {}
    if form.template is not None:
        kept["template"] = [form.template, form.language, form.values]
    if form.buttons:
        kept["buttons"] = [[button.id, button.title] for button in form.buttons]
    if form.rows:
        kept["rows"] = [[row.id, row.title, row.description] for row in form.rows]
        kept["list"] = form.list_title
    if form.words:
        kept["words"] = form.words
    if form.pin is not None:
        kept["pin"] = [form.pin.latitude, form.pin.longitude, form.pin.label]
    return kept


def unpack(kept: dict[str, Any] | None) -> Form | None:
    """What is kept on a text."""
    if kept is None:
        return None
    template, language, values = kept.get("template", (None, "", {}))
    return Form(
        template=template,
        language=language,
        names=tuple(values),
        variables=tuple(values.values()),
        buttons=tuple(Button(*button) for button in kept.get("buttons", ())),
        rows=tuple(Row(*row) for row in kept.get("rows", ())),
        list_title=kept.get("list", ""),
        words=kept.get("words", ""),
        pin=Pin(*kept["pin"]) if "pin" in kept else None,
    )


def note_sent(kept: dict[str, Any] | None, sid: str) -> dict[str, Any]:
    """The same of a text that leaves by this layout of the carrier's."""
    return {**(kept or {}), "sent": sid}


def sent_by(kept: dict[str, Any] | None) -> str | None:
    """By which layout of the carrier's a text left; None for one that left by its words, or has not left."""
    return None if kept is None else kept.get("sent")


def unsent(kept: dict[str, Any] | None, *, template: bool = True) -> dict[str, Any] | None:
    """The same of a text that goes again; without its template if that got it nowhere."""
    gone = {"sent"} if template else {"sent", "template"}
    return {name: value for name, value in (kept or {}).items() if name not in gone} or None
