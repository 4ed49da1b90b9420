"""Texts are heard in all languages at once: no phrase of one may change what the texts of another mean."""

from collections.abc import Iterator

from handlers.understanding import carrier_words
from handlers.understanding.grammar import Grammar
from handlers.understanding.intents import Free, Intent
from handlers.understanding.lexicon import Lexicons
from handlers.understanding.orders import LANGUAGE
from handlers.understanding.phrases import Book, Key, key_of
from handlers.understanding.words import fold
from tests.languages import Languages, language

# Phrases of one language that are words of another, and may stay: (language, phrase, the other language) and why.
ACCEPTED = {
    ("en", "done", "es"): '"done" (may give) never opens a Spanish text; "quien done" does, and is heard as such',
    ("es", "ya no", "en"): '"ya" is how some write "you" in English, and no sentence begins with "ya no"',
    ("en", "no", "es"): 'between a verb and a number, "no" is the English "no. 42" in both',
    ("es", "a", "en"): '"avalo a 7" needs it; before a number, English has an "a" only in "a 2 year old", no request',
}


def contradictions(languages: Languages) -> Iterator[str]:
    """No phrase is one command in one language and another in another."""
    for tables in (("hear", "hear_with_number"), ("reply",)):
        heard: dict[Key, tuple[str, str]] = {}
        for code, book in languages.books.items():
            own: dict[Key, tuple[str, str]] = {}
            for table in tables:
                for name, spellings in book[table].items():
                    for spelling in spellings:
                        key = key_of(spelling)
                        other, theirs = heard.get(key, ("", name))
                        if theirs != name:
                            yield (
                                f'{code}.toml: [{table}] {name}: "{spelling}" is {theirs} in {other}.toml, '
                                f"and texts are heard in all languages at once. Choose other words."
                            )
                        own.setdefault(key, (code, name))
            heard = {**own, **heard}


def collisions(languages: Languages) -> Iterator[str]:
    """No phrase consists of everyday words of another language: it would change what people mean there."""
    numbered = {command.name for command in languages.commands if command.numbers}
    for code, book in languages.books.items():
        heard = ((name, spelling) for name, listed in book["hear"].items() for spelling in listed if name != LANGUAGE)
        for name, spelling in heard:
            for other in languages.books.keys() - {code}:
                if not foreign(languages, code, spelling, other) or says(languages.books[other], name, spelling):
                    continue
                written, advice = spelling, "Choose another word"
                if name in numbered:
                    written += " 2 blankets"
                    advice = (
                        "Move it to [hear_with_number], where it counts before a number alone, or choose another word"
                    )
                yield (
                    f'{code}.toml: [hear] {name}: "{spelling}" is everyday {language(other)}: people write '
                    f'"{written}" and mean no command. {advice}.'
                )


def function_words(languages: Languages) -> Iterator[str]:
    """No word that may stand around a command is an everyday word of another language that may not."""
    for code, book in languages.books.items():
        for other in languages.books.keys() - {code}:
            common = {fold(word) for word in languages.tables[other]["vote"]["common"]}
            for name in ("but_word", "filler"):
                theirs = languages.books[other]["function_words"][name]
                for word in sorted(common & {*book["function_words"][name]} - {*theirs}):
                    if (code, word, other) not in ACCEPTED:
                        yield (
                            f'{code}.toml: [function_words] {name}: "{word}" is everyday {language(other)}, where '
                            f'"take 2 {word} day" would become a command. Write more of it, such as two words.'
                        )


def misread(languages: Languages) -> Iterator[str]:
    """Every line is understood with all languages' books as it is with those of its own language alone."""
    together = Grammar(languages.commands, books=languages.books, lexica=Lexicons(languages.tables))
    alone = {
        code: Grammar(languages.commands, books={code: book}, lexica=Lexicons({code: languages.tables[code]}))
        for code, book in languages.books.items()
    }
    for line in languages.lines:
        if line.language in alone:
            own, all_ = (gist(grammar.understand(line.text).intent) for grammar in (alone[line.language], together))
            if own != all_:
                yield (
                    f'tests/lines.tab: "{line.text}" is {own} by the books of {language(line.language)} alone, and '
                    f"{all_} with all languages together. Find the word that another language's books claim."
                )


def gist(intent: Intent) -> object:
    """What matters of an intent. The place is left out: people mix the languages of street names."""
    if not isinstance(intent, Free):
        return intent
    meaning = intent.meaning
    return str(meaning.kind), [str(n) for n in meaning.needs], meaning.people, meaning.urgency, meaning.emergency


def foreign(languages: Languages, code: str, spelling: str, other: str) -> bool:
    """Whether a phrase of one language consists of everyday words of another."""
    if spelling.upper() in carrier_words.STOP | carrier_words.START or (code, spelling, other) in ACCEPTED:
        return False
    return set(key_of(spelling)) <= languages.everyday[other]


def says(book: Book, name: str, spelling: str) -> bool:
    """Whether a phrase is the same command in this book."""
    spellings = [*book["hear"].get(name, ()), *book["hear_with_number"].get(name, ())]
    return key_of(spelling) in map(key_of, spellings)
