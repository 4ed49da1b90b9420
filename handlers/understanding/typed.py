"""What phones and thumbs add to what is meant: an offer of ours that they quote, a number typed on to a command."""

import re
from collections.abc import Callable, Iterable, Mapping

from handlers.understanding.words import Token

LONGEST = 200  # characters of an offer, before what it asks to be texted
AROUND = " \t\n\r\"'“”>.:-"


def offer(verbs: Iterable[Mapping[str, str]]) -> re.Pattern[str]:
    """How an offer ends in these languages: "CLAIM 42 or PASS 42"."""
    ends = (rf"{verb['claim']} (\d{{1,9}}) \w{{1,4}} {verb['pass']} \d{{1,9}}\b" for verb in verbs)
    return re.compile("|".join(rf"\b{end}" for end in ends), re.IGNORECASE)


def unquoted(text: str, of_ours: re.Pattern[str]) -> tuple[str, int | None]:
    """A text without the offer that it quotes, "#42 Groceries. CLAIM 42 or PASS 42", and that one's number."""
    end = of_ours.search(text) if "#" in text else None
    number = next(filter(None, end.groups())) if end else ""
    start = text.rfind(f"#{number}", max(0, end.start() - LONGEST), end.start()) if end else -1
    if end is None or start < 0:
        return text, None
    return f"{text[:start].strip(AROUND)} {text[end.end() :].strip(AROUND)}".strip(), int(number)


def unglued(tokens: Iterable[Token], takes_numbers: Callable[[str], bool]) -> list[Token]:
    """The words, with the numbers apart that were typed on to a command: "Claim2"."""
    found: list[Token] = []
    for token in tokens:
        verb = token.text.rstrip("0123456789")
        if 1 < len(verb) < len(token.text) and takes_numbers(verb):
            middle = token.end - (len(token.text) - len(verb))
            found += [token._replace(text=verb, end=middle), Token(token.text[len(verb) :], middle, token.end)]
        else:
            found.append(token)
    return found
