"""Which phrase has which buttons, or which list, on phones that show such. Declared here and nowhere else.

They save typing, and nothing hangs on them: where none can be shown, the text says the same in words, as by SMS.
Their ids say for which request they were shown (understanding/button_ids.py). Figures: Twilio's "quick reply" and
"list picker" content types.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from handlers import phrasebook
from handlers.phrasebook import Book, Unspoken
from handlers.turn import Context, Text
from handlers.understanding.button_ids import RECEIPTS, write
from handlers.understanding.intents import Need, Pressed, Verb
from models.delivery.forms import Button, Form, Row
from models.delivery.shown import Shape

MOST_BUTTONS = 3  # that are shown without an approval
MOST_ROWS = 10
MOST_AREAS = 6  # as handlers/needs/intake.py offers them
LONGEST_BUTTON, LONGEST_ROW = 20, 24  # characters of a title
LONGEST_WORDS = 1024  # characters beside them
NEEDS = (Need.FOOD, Need.MEDICINE, Need.TRANSPORT, Need.OTHER)  # as handlers/needs/intake.py numbers them

Titles = Mapping[str, str]
Making = Callable[[Context, Titles, int], Form]


def _offer(_: Context, titles: Titles, number: int) -> Form:
    buttons = [Button(write(Pressed(verb, number)), titles[verb]) for verb in (Verb.CLAIM, Verb.PASS)]
    return Form(buttons=tuple(buttons))


def _receipt(_: Context, titles: Titles, number: int) -> Form:
    buttons = [Button(write(Pressed(Verb.RECEIPT, number, choice)), titles[choice]) for choice in RECEIPTS]
    return Form(buttons=tuple(buttons))


def _needs(_: Context, titles: Titles, number: int) -> Form:
    rows = [Row(write(Pressed(Verb.NEED, number, need)), titles[need]) for need in NEEDS]
    return Form(rows=tuple(rows), list_title=titles["choose"])


def _areas(context: Context, titles: Titles, number: int) -> Form:
    rows = [
        Row(write(Pressed(Verb.AREA, number, str(area.id))), area.name[:LONGEST_ROW])
        for area in context.areas[:MOST_AREAS]
    ]
    return Form(rows=tuple(rows), list_title=titles["choose"])


BESIDE: Mapping[str, Making] = {
    **dict.fromkeys(("offer", "offer_waits", "offer_still"), _offer),
    **dict.fromkeys(("did_you_get_it", "receipt_reminder", "yes_partly_no"), _receipt),
    **dict.fromkeys(("hello", "ask_need"), _needs),
    "ask_place_of": _areas,
}


def beside(context: Context, book: Book, text: Text, said: str, form: Form | None = None) -> Form | None:
    """The `form` of a text with what is shown beside the words that it `said` in this language.

    Who reads one of the languages that we do not speak gets digits: our titles would not be in it.
    """
    if text.pin is not None:
        return Form(pin=text.pin)
    making = BESIDE.get(text.phrase)
    if making is None or isinstance(book, Unspoken):
        return form
    page, number = book.pages["buttons"], text.values.get("number")
    shown = making(context, page, number if isinstance(number, int) else 0)
    words = " ".join(without(book, text, said).split())  # a variable of a layout takes no line break
    if len(words) > LONGEST_WORDS:
        return form
    return replace(
        form or Form(language=book.code),
        buttons=shown.buttons,
        rows=shown.rows,
        list_title=shown.list_title,
        words=words,
    )


def without(book: Book, text: Text, said: str) -> str:
    """What a text says where its buttons are shown: without the words that they take the place of."""
    instead = str(book.pages["buttons"]["instead"].get(text.phrase, ""))
    values = {name: book.worded(value) for name, value in text.values.items()}
    return said.replace(instead.format_map(values), "", 1).strip() if instead else said


def shapes() -> list[tuple[str, Shape]]:
    """Every layout that the carrier has to keep for these, with its language."""
    found: dict[tuple[str, Shape], None] = {}
    for language in phrasebook.languages():
        titles = phrasebook.book(language).pages["buttons"]
        found[language, Shape(tuple(titles[verb] for verb in (Verb.CLAIM, Verb.PASS)))] = None
        found[language, Shape(tuple(titles[choice] for choice in RECEIPTS))] = None
        for rows in (len(NEEDS), *range(2, MOST_AREAS + 1)):
            found[language, Shape((titles["choose"],), rows)] = None
    return list(found)
