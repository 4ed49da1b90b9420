"""What phones and thumbs add to what is meant: an offer of ours that they quote, a number typed on to a command."""

import re
from collections.abc import Callable, Iterable, Mapping

from handlers.understanding.words import Token

SHORTEST = 16  # characters of an offer


def offer(verbs: Iterable[Mapping[str, str]]) -> re.Pattern[str]:
    """An offer as we text it in these languages: "#42 Groceries. CLAIM 42 or PASS 42"."""
    ends = "|".join(rf"{verb['claim']} \1 \w+ {verb['pass']} \1" for verb in verbs)
    return re.compile(rf"[>\s\"'“]*#(\d{{1,9}})\b[^\n]{{0,200}}?(?:{ends})\b[.\s\"'”:-]*", re.IGNORECASE)


def unquoted(text: str, of_ours: re.Pattern[str]) -> tuple[str, int | None]:
    """A text without the offer that it quotes, and that one's number."""
    quote = of_ours.search(text) if len(text) >= SHORTEST and "#" in text else None
    if quote is None:
        return text, None
    return f"{text[: quote.start()]} {text[quote.end() :]}".strip(), int(quote[1])


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
