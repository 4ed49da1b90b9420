"""A language is whole, or a check says what is missing and what to write.

A language is a phrasebook (handlers/phrasebook/xx.toml) and a lexicon (handlers/understanding/lexicon/xx.toml). The
others are measured by English, from which they are translated. `python -m tests.language_checks` prints what is
missing.
"""

import re
import string
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from babel import Locale

from handlers.understanding.intents import DangerKind, Kind, Need
from handlers.understanding.phrases import key_of
from tests.collision_checks import collisions, contradictions, function_words, misread
from tests.languages import Languages, forms, language

HEARD = ("hear", "hear_with_number", "reply", "function_words", "effects")
SAID = ("needs", "urgency", "verbs", "say")
OPTIONAL = frozenset({"hear_with_number"})  # not every command has everyday words
MAY_LACK = frozenset(
    {"everyday", "plight"}
)  # lists of a lexicon that a language has for the needs where it has words
STREETS = ("street", "street_unsure", "street_first")  # a language writes them before the name or after it
FEWEST_LINES = 20


def complaints(languages: Languages) -> list[str]:
    """Everything that is wrong, in words that say what to write."""
    # The later checks need what the earlier ones ask for.
    for first in (lexicons_missing, missing, empty, danger_missing):
        if found := [*first(languages)]:
            return found
    return [
        *values(languages),
        *plurals(languages),
        *printed(languages),
        *english(languages),
        *contradictions(languages),
        *collisions(languages),
        *function_words(languages),
        *misread(languages),
        *untried(languages),
    ]


def lexicons_missing(languages: Languages) -> Iterator[str]:
    """Every phrasebook has a lexicon, and every lexicon a phrasebook."""
    for code in languages.books.keys() - languages.tables.keys():
        yield f"{code}: there is no lexicon/{code}.toml. Copy lexicon/en.toml and put in how people write {code}."
    for code in languages.tables.keys() - languages.books.keys():
        yield f"{code}: there is no phrasebook/{code}.toml. Copy phrasebook/en.toml and translate it."


def missing(languages: Languages) -> Iterator[str]:
    """Every list and phrase of English is there, and no other."""
    for code in languages.others:
        for name in sorted({"name", "clock", "code_words"} - languages.books[code].keys()):
            yield f'{code}.toml: there is no "{name}". In English it is: {shown(languages.books["en"][name])}'
        for where, ours, theirs in pairs(languages, code):
            optional = where in OPTIONAL or where.removeprefix("lexicon ") in MAY_LACK
            for name in sorted(theirs.keys() - ours.keys()):
                if not optional:
                    yield f'{code}.toml: {label(where)} has no "{name}". In English it is: {shown(theirs[name])}'
            for name in sorted(ours.keys() - theirs.keys()):
                if not (optional and (name in theirs or name in set(Need) or where in OPTIONAL)):
                    yield f'{code}.toml: {label(where)} has "{name}", which English has not. Take it out.'


def empty(languages: Languages) -> Iterator[str]:
    """No list is empty: what nobody can say is not understood, and danger least of all."""
    for code in languages.books:
        for where, ours, theirs in pairs(languages, code):
            for name, value in ours.items():
                if where == "lexicon place" and name in STREETS and any(ours[n] for n in STREETS):
                    continue
                listed = value if isinstance(value, list | dict) else [value]
                if not listed or not all(str(item).strip() for item in listed):
                    example = "" if code == "en" else f" In English it is: {shown(theirs.get(name, ''))}"
                    yield f'{code}.toml: {label(where)} "{name}" is empty. Write what people write.{example}'


def danger_missing(languages: Languages) -> Iterator[str]:
    """Every kind of danger has signs in every language that we speak, and none that English has not."""
    english = kinds_of_danger(languages.dangers["en"])
    for code in languages.books:
        if code not in languages.dangers:
            yield f"{code}: there is no danger/{code}.toml. Copy danger/en.toml and put in what people write."
            continue
        own = kinds_of_danger(languages.dangers[code])
        for name, signs in english.items():
            if not own.get(name):
                yield (
                    f"{code}.toml: danger [{name}] has no sure signs: nobody in that danger would be noticed. Write "
                    f"what people write. In English it is: {shown(signs)}"
                )
            elif code != "en" and own[name] == signs:
                yield f"{code}.toml: danger [{name}] is left in English: {shown(signs)}. Write what people write."


def kinds_of_danger(table: Mapping[str, Any]) -> dict[str, list[str]]:
    """The sure signs of every kind of danger and the need that it makes: `life.rescue`."""
    return {
        f"{kind}.{need}": lists.get("sure", []) for kind in DangerKind for need, lists in table.get(kind, {}).items()
    }


def values(languages: Languages) -> Iterator[str]:
    """A phrase has the same values in every language."""
    for code in languages.others:
        for name, phrase in languages.books[code]["say"].items():
            wanted, has = fields(languages.books["en"]["say"][name]), fields(phrase)
            for value in sorted(wanted - has):
                yield f'{code}.toml: [say] "{name}" does not say {{{value}}}. Put it where it belongs.'
            for value in sorted(has - wanted):
                yield f'{code}.toml: [say] "{name}" has {{{value}}}, which nobody fills in. Take it out.'


def plurals(languages: Languages) -> Iterator[str]:
    """A phrase with several forms has those that the language counts with."""
    for code, book in languages.books.items():
        counted = {Locale.parse(code).plural_form(n) for n in range(1, 200)}
        for name, phrase in book["say"].items():
            if isinstance(phrase, Mapping):
                for form in sorted((counted | {"other"}) - phrase.keys()):
                    n = next((n for n in range(1, 200) if Locale.parse(code).plural_form(n) == form), 2)
                    yield f'{code}.toml: [say] "{name}" has no form "{form}", as for {n}. Write it: {form} = "…"'


def printed(languages: Languages) -> Iterator[str]:
    """What we tell people to type is what we understand."""
    for code, book in languages.books.items():
        for name, verb in book["verbs"].items():
            if key_of(verb) not in map(key_of, book["hear"][name]):
                yield f'{code}.toml: [verbs] {name}: people are told to type "{verb}". Add it to [hear] {name}, too.'


def english(languages: Languages) -> Iterator[str]:
    """Nothing is left in English, but for what a file's `same_as_english` names."""
    for code in languages.others:
        for where, ours, theirs in pairs(languages, code):
            file = languages.tables[code] if where.startswith("lexicon") else languages.books[code]
            same = file.get("same_as_english", ())
            for name, value in ours.items():
                key = f"{where.removeprefix('lexicon ')}.{name}"
                if key not in same and name in theirs and left(value, theirs[name]):
                    yield (
                        f'{code}.toml: {label(where)} "{name}" is left in English: {shown(value)}. Translate it; '
                        f'if it is the same in both, add "{key}" to same_as_english at the top of the file.'
                    )


def untried(languages: Languages) -> Iterator[str]:
    """There are lines of everyday talk in every language, of all kinds."""
    for code in languages.books:
        own = [line for line in languages.lines if line.language == code]
        lacking = sorted({*Kind} - {line.kind for line in own})
        if len(own) < FEWEST_LINES or lacking:
            kinds = f" and none that is {' or '.join(lacking)}" if lacking else ""
            yield (
                f"tests/lines.tab: {language(code)} has {len(own)} lines{kinds}. Write {FEWEST_LINES} such as people "
                f"text, of every kind: they are tried against all commands."
            )


def pairs(languages: Languages, code: str) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Every table of a language beside the same of English, and its name."""
    for where in (*HEARD, *SAID):
        yield where, languages.books[code].get(where, {}), languages.books["en"][where]
    for where, table in languages.tables["en"].items():
        if isinstance(table, Mapping):
            yield f"lexicon {where}", languages.tables[code].get(where, {}), table


def left(value: Any, english: Any) -> bool:
    """Whether a value says nothing that its English one does not."""
    if isinstance(value, str) or (isinstance(value, Mapping) and "other" in value):
        return any(has_letters(form) and form in forms(english) for form in forms(value))
    return bool(value) and set(value) <= set(english)


def fields(phrase: Any) -> set[str]:
    """The values that a phrase says."""
    return {name for form in forms(phrase) for _, name, _, _ in string.Formatter().parse(form) if name}


def has_letters(form: str) -> bool:
    """Whether anything is left to translate once the values are out."""
    return any(c.isalpha() for c in re.sub(r"\{\w*\}", "", form))


def label(where: str) -> str:
    """`[say]`, `lexicon [needs]`."""
    book, _, table = where.rpartition(" ")
    return f"{book} [{table}]".strip()


def shown(value: Any) -> str:
    """A value, short enough to read."""
    text = ", ".join(f'"{item}"' for item in value) if isinstance(value, list) else f'"{value}"'
    return text if len(text) <= 120 else f"{text[:117]}…"


if __name__ == "__main__":
    found = list(complaints(Languages.here()))
    sys.stdout.writelines(f"{complaint}\n" for complaint in found)
    sys.exit(bool(found))
