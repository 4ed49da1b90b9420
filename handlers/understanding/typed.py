"""What thumbs add to what is meant: a number typed on to a command."""

from collections.abc import Callable, Iterable

from handlers.understanding.words import Token


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
