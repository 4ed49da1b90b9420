"""People's words can never look like ours: one paragraph in quotes, whatever they are made of, in every phrase."""

import re
import string
import sys
import time
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.outbound import saying
from handlers import phrasebook
from handlers.phrasebook import Value
from handlers.wording import lures
from handlers.wording.lures import Lure
from handlers.wording.quoting import one_paragraph, quoted
from handlers.wording.summary import Name, Ours, Place, Quoted, Said
from tests.examples import every

LINES = Path(__file__).parent / "lines.tab"
SPOOF = "on my way\nEastside Mutual Aid: your account is locked, confirm your bank card at evil.example.com"
HOSTILE = (
    SPOOF,
    'ok" Eastside Mutual Aid: call 202 555 0123 "',
    "ok” \u2029#42: is closed. Reply YES to confirm “",
    "\u202eno draC knaB\u202c",
    "x＂\u0085EMERGENCY #1: \u200bgo now",
    "a''\r\nb``\vFrom #42\u2236 c",
    "\U000e0041\u2066\ufeff\u3164",
    "",
)
people = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80)).map(lambda words: words or "?")
NAMED = re.compile("DOUBLE.*QUOTATION MARK|DOUBLE PRIME|GUILLEMET")
LOOK_ALIKES = [
    chr(c)
    for c in range(sys.maxunicode + 1)
    if unicodedata.decomposition(chr(c)) and '"' in unicodedata.normalize("NFKC", chr(c))
]
NAMED_SO = [chr(c) for c in range(0x20, 0x1FC00) if NAMED.search(unicodedata.name(chr(c), ""))]


@settings(max_examples=30)
@given(people)
def test_words_are_one_paragraph_that_ends_where_its_quotes_do(words: str) -> None:
    said = quoted(words)
    assert said[0] == said[-1] == '"'
    assert said.count('"') == 2
    assert len(said.splitlines()) == 1
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in said)
    assert quoted(said[1:-1]) == said


@every(sorted({'"', *LOOK_ALIKES, *NAMED_SO, "“", "”", "„", "«", "»", "‹", "❝", "❞", "''", "``"}))
def test_nothing_that_looks_like_a_quote_is_left(mark: str) -> None:
    assert quoted(f"a{mark}b") == '"a\'b"'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ring twice", "ring twice"),
        ("I'm here,  don't worry", "I'm here, don't worry"),
        ("Eastside Mutual Aid: confirm your card", "Eastside Mutual Aid - confirm your card"),
        ("Еаstsіdе Mutual Aid：confirm", "Еаstsіdе Mutual Aid - confirm"),
        ("From #42: hello", "From #42 - hello"),
        ("#42: it is over", "#42 - it is over"),
        ("EMERGENCY #1 : go", "EMERGENCY #1 - go"),
        ("at 6:30, thanks :) and :D", "at 6:30, thanks :) and :D"),
        ("https://example.org/a", "https://example.org/a"),
        ("gate code #42*", "gate code #42*"),
        ("नमः ते", "नमः ते"),
        ("ما عليش", "ما عليش"),
    ],
)
def test_labels_lose_their_colon_and_all_else_stays(words: str, said: str) -> None:
    assert quoted(words) == f'"{said}"'


NUMBERS = {"number", "n", "people", "first", "who", "rest", "all"}
FORMS = [
    (code, phrase, n)
    for code in phrasebook.languages()
    for phrase, forms in phrasebook.book(code).pages["say"].items()
    for n in ((0, 1, 2) if isinstance(forms, Mapping) else (2,))
]


def filled(code: str, phrase: str, n: int, value: Value) -> str:
    """A phrase with the same value for everything that is no number."""
    forms = phrasebook.book(code).pages["say"][phrase]
    whole = " ".join(forms.values()) if isinstance(forms, Mapping) else forms
    fields = {field for _, field, _, _ in string.Formatter().parse(whole) if field}
    values = {field: 2 if field in NUMBERS else value for field in fields}
    return phrasebook.book(code).say(phrase, values | {"n": n})


def outside(said: str) -> str:
    """What stands outside of quotes."""
    return "".join(said.split('"')[::2])


@settings(max_examples=8)
@given(people)
@example(SPOOF)
@example(HOSTILE[1])
@example(HOSTILE[2])
def test_every_phrase_of_every_book_keeps_hostile_words_inside_its_quotes(words: str) -> None:
    """Outside of the quotes stands what stands there whatever is said, and the mark where there is a link."""
    careless: Any = words  # what a faulty handler would pass, and mypy refuses
    lure = lures.found(one_paragraph(words))
    for code, phrase, n in FORMS:
        harmless = outside(filled(code, phrase, n, Quoted("ok")))
        mark = outside(phrasebook.book(code).say(lure, {"words": Quoted("ok")})) if lure else ""
        said = filled(code, phrase, n, Quoted(words))
        assert (outside(said).replace(mark, "") if mark else outside(said)) == harmless or phrase in set(Lure)
        assert outside(filled(code, phrase, n, careless)) == harmless


@settings(max_examples=30)
@given(people)
def test_a_place_is_bare_only_where_it_is_nothing_but_a_place(words: str) -> None:
    said = Place(words).in_words(phrasebook.book("en"))
    bare = not said.startswith('"')
    assert not bare or re.fullmatch(r"[\w '’.,/&#-]{0,40}", said)
    assert not bare or not re.search(r"(?:\d[\s.-]*){7}", said)
    assert said.count('"') in (0, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Oak St", "Oak St"),
        ("corner of Pine & 3rd", "corner of Pine & 3rd"),
        ("calle 8 #12-30", "calle 8 #12-30"),
        ("Oak St and\nEastside", "Oak St and Eastside"),
        ("Aid: confirm St", '"Aid - confirm St"'),
        ("call 202 555 0123 St", '"call 202 555 0123 St"'),
        ("evil.com/x St", '"evil.com/x St" (link from them, not from us)'),
        ("Eastside Mutual Aid wants your bank card Street", '"Eastside Mutual Aid wants your bank card Street"'),
    ],
)
def test_places(words: str, said: str) -> None:
    assert Place(words).in_words(phrasebook.book("en")) == said


LINK = [
    *(
        "see https://example.org/a",
        "bit.ly/x1",
        "www.evil.xyz",
        "evil.com",
        "pay at evil.com.",
        "t.me/abc",
        "a@b.com",
    ),
    *(
        "wa.me/12025550101",
        "hxxp://a.b",
        "evil dot com",
        "evil[.]com",
        "ｅｖｉｌ．ｃｏｍ",
        "a.b.evil.com",
        "mira farmacia.mx",
    ),
]
ACCOUNT = [
    *(
        "venmo @ana",
        "my zelle is 202-555-0101",
        "cash app $anap",
        "$anap",
        "@ana on venmo",
        "venmo ana-p",
        "Venmo: ana22",
    ),
    *(
        "bizum 600123123",
        "4111 1111 1111 1111",
        "ES91 2100 0418 4502 0005 1332",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    ),
]
NEITHER = [
    *(
        "Oak St.Please come",
        "ok.so come",
        "home.in 5 min",
        "pls call.me",
        "$31.50",
        "need $ for rent",
        "14 Oak St apt 3",
    ),
    *(
        "p.m./a.m",
        "6:30",
        "I have venmo",
        "202-555-0101",
        "no money.we are 4",
        "12/24",
        "A.M. or P.M.",
        "Sr.de la casa",
    ),
    *("4111 1111 1111 1112", "1111 1111 1111 1111", "ES12 2100 0418 4502 0005 1332", "is it 3.5/4", ""),
]


@pytest.mark.parametrize(
    ("words", "lure"),
    [*((w, Lure.LINK) for w in LINK), *((w, Lure.ACCOUNT) for w in ACCOUNT), *((w, None) for w in NEITHER)],
)
def test_links_and_accounts_are_told_from_ordinary_words(words: str, lure: Lure | None) -> None:
    assert lures.found(one_paragraph(words)) is lure


def test_hardly_an_ordinary_text_is_marked() -> None:
    rows = [row.split("\t")[0] for row in LINES.read_text(encoding="utf-8").splitlines() if not row.startswith("#")][
        1:
    ]
    marked = [row for row in rows if lures.found(one_paragraph(row))]
    sys.stdout.write(
        f"{len(marked)} of {len(rows)} ordinary texts marked; {len(LINK) + len(ACCOUNT)} of as many lures\n"
    )
    assert len(marked) * 200 <= len(rows)


@pytest.mark.parametrize(
    "piece", ["1", "a.", "a@", "1 ", "$a", "a-", "AB12", "ES91", "www.", "a.b ", '"', ":", "\u0301", " dot "]
)
def test_no_words_take_long(piece: str) -> None:
    words = (piece * 1600)[:1600]
    began = time.process_time()
    quoted(words)
    lures.found(one_paragraph(words))
    assert time.process_time() - began < 0.1


def test_whose_a_link_is_is_said_once_and_in_the_readers_language() -> None:
    en, es = phrasebook.book("en"), phrasebook.book("es")
    words = Quoted("see example.com and example.org")
    assert words.in_words(en) == '"see example.com and example.org" (link from them, not from us)'
    assert words.in_words(es) == '"see example.com and example.org" (enlace suyo, no nuestro)'
    assert Quoted("venmo @ana").in_words(en) == '"venmo @ana" (their account, not ours)'
    assert Quoted("venmo @ana").in_words(es) == '"venmo @ana" (cuenta suya, no nuestra)'


@settings(max_examples=30)
@given(st.integers(1000, 3000))
def test_a_text_that_takes_two_keeps_the_words_in_quotes_in_both(size: int) -> None:
    words = ("ring twice " * 300)[:size] + SPOOF
    body = phrasebook.book("en").say("from_neighbor", {"number": 1, "words": Quoted(words)})
    pieces = saying.parts(body)
    assert all(len(piece) <= saying.LONGEST and piece.count('"') in (0, 2) for piece in pieces)
    assert "Eastside" not in "".join(outside(piece) for piece in pieces)
    told = " ".join(piece.split('"')[1].strip(".") for piece in pieces if '"' in piece)
    assert " ".join(told.split()) == " ".join(quoted(words)[1:-1].split())


def test_what_is_ours_is_nobodys_words() -> None:
    """The one way to print words as they are is used for the group's own, and nothing of a person's."""
    own = {
        "turn.line.name",
        "turn.line.emergency_number",
        "request.code_word",
        "a.name",
        "found.name",
        "about",
        "said",
        "words",
    }
    own |= {"line.emergency_number", "context.line.emergency_number", "context.line.policy.daily_ceiling"}
    own |= {"phrasebook.book(order.argument).name", 'f"@{r.number}"'}
    own |= {"context.line.name", "line.name", "area.name", "size.money"}
    own |= {"context.line.greeting"}
    own |= {"found.words"}  # what a group answers itself
    used = {
        (file.name, call)
        for file in (Path(__file__).parent.parent / "handlers").rglob("*.py")
        if file.parent.name != "views"  # on pages, not in texts
        for call in re.findall(r"\bOurs\(((?:[^()]|\([^()]*\))+)\)", file.read_text(encoding="utf-8"))
    }
    numbered = ("intake.py", '", ".join(f"{n} {name}" for n, name in enumerate(names, 1))')
    told = ("first_answer.py", "number")  # from the line's figures
    listed = ("unmet.py", "each.words")  # where else help is to be had, as the group wrote it
    held = ("claim.py", 'f"#{r.number}"')
    before = ("intake.py", 'f"#{before.number}"')
    digits = ("my_data.py", "number[-SHOWN:]")  # the last of their own number
    link = ("board.py", "link")  # to the group's own board
    hour = ("summary.py", 'book.time(self.moment, self.zone, book.pages["clock_minute"])')
    day = ("summary.py", 'book.named(self.moment, self.zone, "date" if days > 6 else "weekday")')
    code = ("changed_number.py", 'change.code or ""')  # digits
    ends = ("changed_number.py", "home.value[-2:]")  # of a number
    surplus = ("registry.py", 'f"#{number}"')  # digits
    spot = ("pins.py", 'f"{pin.latitude},{pin.longitude}"')  # two figures
    goods = ("pledge_words.py", "thing")  # a name that we know of one, or of a kind of help
    others = {
        ("giving.py", "each.words"),
        ("households.py", "code"),
        ("distributing.py", "hour"),
    }
    known = {numbered, told, listed, held, before, digits, link, hour, day, surplus, code, ends, spot, goods, *others}
    known |= {("same_door.py", 'f"#{twin.number}"'), ("claim.py", 'f"#{request.number}"')}
    known |= {("distro.py", 'f"D{said.number}"'), ("distributing.py", 'f"D{distribution.number}"')}
    known |= {("distro_table.py", "str(one.tag)")}
    known |= {("changing.py", 'f"H{first.id}"'), ("undo.py", 'f"H{int(found[1])}"')}
    known |= {("saying.py", "_plain(value)")}  # a figure
    cut = 'whole if len(whole) <= LONGEST else f"{whole[:LONGEST].rstrip()}..."'
    known |= {("changes.py", cut)}  # of an answer, an area, a setting: the group's own
    samples = ("line", "dial", '""', 'offered["what"]', 'taken["name"]', 'taken["code"]')  # for carriers to read
    known |= {("going_live.py", sample) for sample in samples}
    assert {(file, call) for file, call in used if call not in own} <= known
    assert {call for file, call in used if file != "summary.py"}.isdisjoint({"about", "said", "words"})


def test_said_in_a_phrase_of_a_phrase_too() -> None:
    book = phrasebook.book("en")
    note = Said("note_from_helper", {"note": Quoted(SPOOF)})
    said = book.say("omw", {"name": Name("Ben"), "number": 1, "note": note})
    assert said == (
        'Ben is on the way with #1. They say: "on my way Eastside Mutual Aid - your account is locked, confirm your '
        'bank card at evil.example.com" (link from them, not from us)'
    )
    assert book.say("started", {"line": Ours("Eastside Mutual Aid")}).startswith(
        "Welcome back to Eastside Mutual Aid!"
    )
