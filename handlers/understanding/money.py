"""Money in a text: `$31.50`, `31,50 €`, "spent 31.50". Never a price of something else, an hour or a telephone.

An amount is exact (Decimal). Whether a comma or a point stands before its cents is told by what follows it: one or
two digits are cents, three are thousands, in every language.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from handlers.understanding.arguments import Said
from handlers.understanding.intents import Amount
from handlers.understanding.lexicon import lexicons
from handlers.understanding.phrases import PhraseIndex
from handlers.understanding.words import Token, split

SIGNS = "$€£"
SPOKEN = {"euros": "€", "pounds": "£"}  # words that name no other currency; a dollar and a peso may be anybody's
FIGURE = r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?|\d{1,9}(?:[.,]\d{1,2})?"
ENDS = r"(?![.,:/-]?\w)"  # else it is an hour, a day, a telephone, a door
AMOUNT = re.compile(
    rf"(?P<before>[{SIGNS}])\s?(?P<signed>{FIGURE}|\.\d\d){ENDS}|(?P<bare>{FIGURE})(?:\s?(?P<after>[{SIGNS}])|{ENDS})"
)
CENTS = re.compile(r"[.,](\d{1,2})$")
TO_THE_CENT = re.compile(r"[.,]\d\d$")
NAMED = re.compile(r"(?:#?([sg])\s?#?|#)(\d{1,7})\b", re.IGNORECASE)
REQUEST = re.compile(r"#(\d{1,7})\b")
FIRST_NUMBER = re.compile(r"(#?)(\d{1,7})(?:[\s:]+|,\s+)")
PUNCTUATION = " \t\r\n,.;:-!("
CLAUSE = re.compile(r"[,;.!\n]")
JOINING = re.compile(r"[\s,;&+]+(?:(?:and|y)\s+)?", re.IGNORECASE)
TEN, HUNDRED = 10, 100
NEAR = 3  # words: "and now i have no" is still said after "and"
FEW = 4  # words, in which a thing is named that somebody gave
MOST_NAMED = 5  # in one text; every one of them costs an answer


class SpentSaid(NamedTuple):
    """One reading of what follows SPENT: on which request, or which entry has another amount; what it was for."""

    amount: Amount
    number: int | None = None
    entry: int | None = None
    words: str = ""


class GaveSaid(NamedTuple):
    """What follows GAVE, or which entry has another amount; `sure` where it can be nothing but money."""

    amount: Amount
    entry: int | None = None
    words: str = ""
    sure: bool = True


class WhySaid(NamedTuple):
    """Which entry somebody asks or tells about, and what."""

    entry: int
    words: str = ""


def _amount(found: re.Match[str]) -> Amount:
    typed = found["signed"] or found["bare"]
    cents = CENTS.search(typed)
    whole = re.sub("[.,]", "", typed[: cents.start()] if cents else typed)
    return Amount(
        Decimal(f"{whole or 0}.{cents[1]}" if cents else whole), found["before"] or found["after"] or "", typed
    )


def begins(text: str, phrases: PhraseIndex) -> tuple[Amount, str] | None:
    """The amount that a text begins with, in figures, and what follows it; None also for "3.15 pm", "45 minutes"."""
    found = AMOUNT.match(text)
    if found is None:
        return _named_first(text, phrases) or _in_words(text, phrases)
    amount, rest = _amount(found), text[found.end() :]
    words = split(rest)
    named = bool(words) and not rest[: words[0].start].strip()
    if named and _is("money", words[0], phrases):  # "31 dollars"
        said = _sign(words[0].text, phrases)
        whole, rest = Amount(amount.value, amount.sign or said, amount.typed), rest[words[0].end :]
        cents, rest = (None, rest) if CENTS.search(amount.typed) else _cents(rest, phrases)
        return _with_cents(whole, cents), rest.strip(PUNCTUATION)
    if not amount.sign and not CENTS.search(amount.typed) and words and _is("with_cents", words[0], phrases):
        cents, after = _cents(rest, phrases)  # "18 con 50"
        if cents:
            return _with_cents(amount, cents), after.strip(PUNCTUATION)
    times = ("clock", "hours", "days", "weeks")
    if named and not amount.sign and any(_is(kind, words[0], phrases) for kind in times):
        return None
    return amount, rest.strip(PUNCTUATION)


def _sign(word: str, phrases: PhraseIndex) -> str:
    return next((sign for kind, sign in SPOKEN.items() if phrases.is_function_word(kind, word)), "")


def _named_first(text: str, phrases: PhraseIndex) -> tuple[Amount, str] | None:
    """`USD 18.25`: what it is counted in stands before it."""
    words = split(text)
    if len(words) < 2 or not _is("money", words[0], phrases):
        return None
    found = AMOUNT.match(text[words[0].end :].lstrip())
    if found is None:
        return None
    amount = _amount(found)
    rest = text[words[0].end :].lstrip()[found.end() :]
    return replace(amount, sign=amount.sign or _sign(words[0].text, phrases)), rest.strip(PUNCTUATION)


def _in_words(text: str, phrases: PhraseIndex) -> tuple[Amount, str] | None:
    """`thirty one dollars`, `veinte pesos`, `thirty one fifty`; None for "three hours", which is no sum."""
    words = split(text)
    if not words or words[0].start:
        return None
    value, at = _number(words, phrases)
    if not value:
        return None
    typed = text[: words[at - 1].end]
    if at < len(words) and _is("money", words[at], phrases):
        whole = Amount(Decimal(value), _sign(words[at].text, phrases), typed)
        cents, rest = _cents(text[words[at].end :], phrases)
        return _with_cents(whole, cents), rest.strip(PUNCTUATION)
    cents, size = _number(words[at:], phrases)
    if value < TEN or not TEN <= cents < HUNDRED or not size:  # "one fifty" may be a hundred and fifty
        return None
    return _with_cents(Amount(Decimal(value), "", typed), cents), text[words[at + size - 1].end :].strip(PUNCTUATION)


def _cents(rest: str, phrases: PhraseIndex) -> tuple[int | None, str]:
    """The cents that follow the whole of an amount, and what follows them: "and 50 cents", "con 50"."""
    words = split(rest)
    if len(words) < 2 or rest[: words[0].start].strip():
        return None, rest
    enough = _is("with_cents", words[0], phrases)
    at = 1 if enough or _is("and", words[0], phrases) else 0
    value, size = _number(words[at:], phrases) if words[at].number is None else (words[at].number or 0, 1)
    end = at + size
    told = end < len(words) and _is("cents", words[end], phrases)
    if not size or not 0 < value < HUNDRED or not (told or (enough and value >= TEN)):
        return None, rest
    return value, rest[words[end if told else end - 1].end :]


def _with_cents(amount: Amount, cents: int | None) -> Amount:
    return replace(amount, value=amount.value + Decimal(cents).scaleb(-2)) if cents else amount


def _number(words: Sequence[Token], phrases: PhraseIndex) -> tuple[int, int]:
    """The number that these words begin with, in letters, and how many of them it takes: `a hundred and twenty`."""
    known, total, end, at = lexicons().every.numbers, 0, 0, 0
    if len(words) > 1 and _is("article", words[0], phrases) and _is("hundred", words[1], phrases):
        at = 1
    while at < len(words):
        word = words[at]
        if end and _is("and", word, phrases) and at + 1 < len(words) and words[at + 1].text in known:
            at += 1
            continue
        if _is("hundred", word, phrases) and total < TEN:
            total = (total or 1) * HUNDRED
        elif (value := known.get(word.text)) is not None and _goes_on(total, value):
            total += value
        else:
            break
        at = end = at + 1
    return total, end


def _goes_on(total: int, value: int) -> bool:
    """Whether a number of one word is more of the same number: "thirty" and then "one"."""
    return not total or total % HUNDRED == 0 or (total % TEN == 0 and total % HUNDRED > TEN and value < TEN)


def _is(kind: str, word: Token, phrases: PhraseIndex) -> bool:
    return phrases.is_function_word(kind, word.text)


def taken(note: str, phrases: PhraseIndex, *, after_number: bool) -> tuple[Amount | None, str]:
    """What somebody says beside DONE that they spent, and the note without it, which is for the neighbor.

    It counts with a sign or with cents where the note begins with it, behind a word for spending, or with a sign and
    set off at the end. Anywhere else an amount is theirs to tell.
    """
    first = begins(note, phrases)
    if first is not None and (first[0].sign or (after_number and TO_THE_CENT.search(first[0].typed))):
        return _on_what(*first, "", phrases)
    words = split(note)
    for at, word in enumerate(words):
        size = _spending(words[at:], phrases)
        found = begins(note[words[at + size - 1].end :].lstrip(" :,-"), phrases) if size else None
        if found is not None:
            return _on_what(*found, note[: word.start], phrases)
    last = [found for found in AMOUNT.finditer(note) if found["before"] or found["after"]]
    if (
        len(last) == 1
        and last[0].end() == len(note)
        and note[: last[0].start()].rstrip()[-1:] in (",", ".", ";", ":")
    ):
        return _amount(last[0]), note[: last[0].start()].strip(PUNCTUATION)
    alone = by_itself(note, phrases) if after_number else None  # "done 1 it was 23.40"
    return (alone, "") if alone else (None, note)


def by_itself(text: str, phrases: PhraseIndex) -> Amount | None:
    """A sum that is all of a text, "it was $11.20": with its sign, its cents, or what it is counted in."""
    words = split(text)
    lead = 0
    for size in range(1, min(FEW, len(words) - 1) + 1):
        said = [word.text for word in words[:size]]
        if phrases.is_function_word("sum_lead", *said) or _spending(words[:size], phrases) == size:
            lead = words[size - 1].end
    typed = text[lead:].lstrip(" :,-")
    found = begins(typed, phrases)
    if found is None:
        return None
    amount, rest = found
    after = split(rest)
    if len(after) > NEAR or not (
        all(_is("courtesy", word, phrases) for word in after) or _is("spent_on", after[0], phrases)
    ):
        return None  # "it was $20 off"
    counted = any(_is("money", word, phrases) for word in split(typed)[:FEW])
    if not (amount.sign or counted or amount.value % 1 or TO_THE_CENT.search(amount.typed)):
        return None
    return None if "?" in text else replace(amount, words=_thing(rest, phrases))


def _on_what(amount: Amount, rest: str, before: str, phrases: PhraseIndex) -> tuple[Amount, str]:
    """What an amount was for goes with it, not to the neighbor: "$31.50 for ice, left it at the door"."""
    words = split(rest)
    if words and phrases.is_function_word("spent_on", words[0].text):
        clause = CLAUSE.search(rest)
        end = clause.start() if clause else len(rest)
        amount, rest = replace(amount, words=rest[words[0].end : end].strip(PUNCTUATION)), rest[end:]
    return amount, ", ".join(part for part in (before.strip(PUNCTUATION), rest.strip(PUNCTUATION)) if part)


def _spending(words: Sequence[Token], phrases: PhraseIndex) -> int:
    """How many words there are of "spent", "i spent", "me gaste" at the start of these."""
    sizes = range(min(3, len(words)), 0, -1)
    spent = (n for n in sizes if phrases.is_function_word("spending", *(w.text for w in words[:n])))
    return next(spent, 0)


def spent(said: Said) -> tuple[SpentSaid, ...] | None:
    """What may be meant by SPENT, the likelier first: "42 31.50 ice", "31.50 ice", "S12 28"; None for talk."""
    typed = said.rest_as_typed
    if _asks(typed, said.phrases):
        return None
    named = NAMED.match(typed)
    if named is not None and named[1]:
        found = begins(typed[named.end() :].strip(PUNCTUATION), said.phrases)
        return (SpentSaid(found[0], entry=int(named[2]), words=found[1]),) if found else None
    readings = []
    first = FIRST_NUMBER.match(typed)
    behind = begins(typed[first.end() :], said.phrases) if first else None
    if first is not None and behind is not None:
        readings.append(SpentSaid(behind[0], number=int(first[2]), words=_thing(behind[1], said.phrases)))
        if first[1] or behind[0].sign or TO_THE_CENT.search(behind[0].typed):
            return tuple(readings)
    if (alone := begins(typed, said.phrases)) is not None:
        request = REQUEST.search(alone[1])
        readings.append(
            SpentSaid(alone[0], number=int(request[1]) if request else None, words=_thing(alone[1], said.phrases))
        )
    return tuple(readings) or None


def _asks(words: str, phrases: PhraseIndex) -> bool:
    """Whether somebody goes on with what they themselves are without: "300 for rent and have no food"."""
    said = split(words)
    joined = {
        at + 1 for at, word in enumerate(said) if _is("and", word, phrases) or _is("except_word", word, phrases)
    }
    joined |= {at for at in range(1, len(said)) if CLAUSE.search(words, said[at - 1].end, said[at].start)}
    marks = lexicons().find(said).marks
    without = [m for m in marks if m.tag in ("asking", "lacking") and any(0 <= m.first - at < NEAR for at in joined)]
    return any(thing.tag in ("needs", "plight") and thing.first >= m.first for thing in marks for m in without)


def _thing(words: str, phrases: PhraseIndex) -> str:
    """What it was for, without the "on" before it; behind a "for" may be whom, and that is not said on."""
    said = split(words)
    led = len(said) > 1 and not said[0].start and _is("spent_on", said[0], phrases)
    led = led and not _is("spent_for", said[0], phrases)
    return words[said[1].start :] if led else words


def gave(said: Said) -> GaveSaid | None:
    """What somebody says that came in: "50 bake sale"; None for "gave 2 bags of food", "gave it to Ana"."""
    named = NAMED.match(said.rest_as_typed)
    entry = int(named[2]) if named is not None and named[1] else None
    typed = said.rest_as_typed[named.end() :] if named is not None and entry else said.rest_as_typed
    found = begins(typed.strip(PUNCTUATION), said.phrases)
    if found is None:
        return None
    amount, words = found
    if entry is not None:
        return GaveSaid(amount, entry)
    sure = bool(amount.sign or TO_THE_CENT.search(amount.typed) or not words)
    marks = said.lexicons.every.marks(said.rest)
    things = len(said.rest) > 1 and said.phrases.is_function_word("distro_places", said.rest[1].text)
    money = any(said.phrases.is_function_word("money", word.text) for word in said.rest[:FEW])  # "20 dollars"
    goods = things or any(mark.tag in ("needs", "everyday") and mark.first < FEW for mark in marks)
    if goods and not sure and not money:
        return None
    return GaveSaid(amount, words=words, sure=sure)


def entries(said: Said) -> tuple[int, ...] | None:
    """`S12`, `s12, s13 and g14`; None where anything else follows."""
    typed, found, at = said.rest_as_typed, list[int](), 0
    while (named := NAMED.match(typed, at)) is not None and (named[1] or found):
        found.append(int(named[2]))
        joined = JOINING.match(typed, named.end())
        at = joined.end() if joined else named.end()
    left = split(typed[at:])
    if any(not said.phrases.is_function_word("courtesy", word.text) for word in left):
        return None
    return tuple(dict.fromkeys(found))[:MOST_NAMED] or None


def why(said: Said) -> WhySaid | None:
    """`S12 was it for two?`; None without the number of an entry, for many a question begins with "why"."""
    named = NAMED.match(said.rest_as_typed)
    if named is None or not named[1]:
        return None
    return WhySaid(int(named[2]), said.rest_as_typed[named.end() :].lstrip("?¿").strip(PUNCTUATION))
