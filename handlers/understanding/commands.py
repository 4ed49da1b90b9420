"""From a text, and what the sender was last asked, to what they mean.

    text     := [courtesy] meaning [courtesy]
    meaning  := stop | start | relay | order | word | setting | numbers | reply | free
    relay    := "@" number words
    order    := VERB [filler] numbers [note]     VERB from [hear]: claim, pass, drop, omw, done, status, more,
                                                 nevermind, info, vouch, show, assign, open, close, note
              | EVERYDAY numbers [but_word note] EVERYDAY from [hear_with_number]: "ill take 42 but after 6"
              | VERB                             which one is clear from what the sender has in hand
              | VERB punctuation note            "done, left it at the door": for omw, done, drop
    word     := a whole text from [hear]: help, list, mine, back, join, person, queue, thanks, a language, …
    setting  := "away" [span] | "max" number | "only" needs | "area" words
    numbers  := ["#"] number {["," | "and"] ["#"] number}
    reply    := yes | no | partly | number | words: when something was asked or offered
    free     := anything else

The words of all languages are heard at once; they stand in the phrasebook. Anything that is not clearly a command
is free text, and free text is how neighbors ask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from handlers.understanding import intents, needs
from handlers.understanding.command_index import command_index
from handlers.understanding.intents import Intent, Question
from handlers.understanding.words import Token, clean, split

CARRIER_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"})
CARRIER_START = frozenset({"START", "YES", "UNSTOP"})

ORDERS: dict[str, Callable[[tuple[int, ...], str], Intent]] = {
    "claim": intents.Claim,
    "pass": intents.Pass,
    "drop": intents.Drop,
    "omw": intents.Omw,
    "done": intents.Done,
    "status": intents.Status,
    "more": intents.More,
    "nevermind": intents.Nevermind,
    "info": intents.Info,
    "vouch": intents.Vouch,
    "show": intents.Show,
    "assign": intents.Assign,
    "open": intents.Open,
    "close": intents.Close,
    "note": intents.Note,
}
WORDS: dict[str, Intent] = {
    "help": intents.Help(),
    "list": intents.List(),
    "mine": intents.Mine(),
    "back": intents.Back(),
    "join": intents.Join(),
    "person": intents.Person(),
    "queue": intents.Queue(),
    "thanks": intents.Thanks(),
    "hello": intents.Hello(),
    "start": intents.Start(),
    "duty": intents.Duty(None),
    "duty_on": intents.Duty(on=True),
    "duty_off": intents.Duty(on=False),
}
SETTINGS = frozenset({"away", "max", "only", "area"})
COMMANDS = frozenset(ORDERS) | frozenset(WORDS) | SETTINGS
NOTED = frozenset({"omw", "done", "drop"})  # may carry a note without a number
MEANT_AS_ANSWER = frozenset({"thanks", "back", "mine", "list"})  # when we asked for words of their own
REPLIES: dict[Question, dict[str, int]] = {Question.RECEIPT: {"yes": 1, "partly": 2, "no": 3}}
CLOSED_QUESTIONS = frozenset({Question.RECEIPT, Question.WHERETO})
MOST_NUMBERS = 5  # in one text; every one of them costs an answer
SHORT_REPLY = 6  # words: "yes thank you so much", "no nobody has come"


class Situation(Protocol):
    """What may be waiting for this person's answer. What is costly to find out is asked for only when it matters."""

    @property
    def language(self) -> str: ...
    @property
    def question(self) -> Question | None: ...
    @property
    def options(self) -> int: ...
    @property
    def offers(self) -> tuple[int, ...]: ...
    @property
    def own(self) -> tuple[int, ...]: ...
    @property
    def opted_out(self) -> bool: ...


@dataclass(frozen=True)
class Context:
    """A situation that is known in full."""

    language: str = "en"
    question: Question | None = None
    options: int = 0  # how many numbered answers the question has
    offers: tuple[int, ...] = ()  # requests they were asked about and have not answered
    own: tuple[int, ...] = ()  # requests of their own that are not over
    opted_out: bool = False


def parse(body: str, context: Situation = Context()) -> Intent:
    """What this text means to somebody in this situation. Never raises."""
    text, words = _heard(body)
    if not any(w.text not in "#@" for w in words):
        return intents.Help() if text.strip("!. ") == "?" else intents.Wordless()
    found = (
        _stop_or_start(text, words, context)
        or _relay(text, words)
        or _order(text, words, context)
        or _word(words, context)
        or _setting(text, words, context)
        or _numbers(text, words, context)
    )
    if found is not None:
        return found
    meaning = needs.understand(text)
    if meaning.emergency:  # comes before any question of ours
        return intents.Free(text, meaning)
    if (reply := _reply(text, words, context)) is not None:
        return reply
    if context.question is not None and context.question not in CLOSED_QUESTIONS:
        return intents.Answer(None, text)
    return intents.Free(text, meaning)


def language_of(body: str) -> str | None:
    """Which language a text is in, as far as its words tell."""
    text, words = _heard(body)
    for phrase, _ in command_index().at_start(words, COMMANDS, "en"):
        return phrase.language
    return needs.understand(text).language


@lru_cache(64)  # a text is looked at for its language and for what it means
def _heard(body: str) -> tuple[str, list[Token]]:
    text = clean(body)
    return text, _without_courtesy(split(text))


def _without_courtesy(words: list[Token]) -> list[Token]:
    """The words without "hi" and "please" around them, unless nothing else is there."""
    rest = words
    for size in (2, 1):
        while len(rest) > size and command_index().is_function_word("courtesy", *(w.text for w in rest[:size])):
            # "yes 42" and "ok 42" say something; "ok, claim 42" and "yes please, ..." do not lose by it.
            if rest[size].number is not None or rest[size].text == "#":
                break
            rest = rest[size:]
    trimmed = rest
    for size in (2, 1):
        while len(trimmed) > size and command_index().is_function_word(
            "courtesy", *(w.text for w in trimmed[-size:])
        ):
            trimmed = trimmed[:-size]
    # Courtesy at the end of a note belongs to the note; it only hides a command that stands alone.
    alone = tuple(w.text for w in trimmed) in command_index().phrases or all(w.number is not None for w in trimmed)
    whole = tuple(w.text for w in words) in command_index().phrases
    return words if whole else trimmed if alone else rest


def _stop_or_start(text: str, words: list[Token], context: Situation) -> Intent | None:
    bare = text.upper()
    if context.opted_out and bare in CARRIER_START:
        return intents.Start()
    if bare in CARRIER_STOP or command_index().is_function_word("stop", *(w.text for w in words)):
        return intents.Stop(by_carrier=bare in CARRIER_STOP)
    return None


def _relay(text: str, words: list[Token]) -> Intent | None:
    if words[0].text == "@" and len(words) > 1 and (number := words[1].number) is not None:
        return intents.Relay((number,), text[words[1].end :].lstrip(" :,.-"))
    return None


def _order(text: str, words: list[Token], context: Situation) -> Intent | None:
    begins = command_index().at_start(words, frozenset(ORDERS), context.language)
    if not begins and _numbered(words) and (typo := command_index().forgiving(words[0].text)):
        begins = [(typo, 1)]
    for phrase, size in begins:
        numbers, end, marked = _take_numbers(text, words[size:])
        rest = words[size + end :]
        if phrase.name == "assign" and len(rest) > 1 and command_index().is_function_word("to", rest[0].text):
            rest, end = rest[1:], end + 1
        note = _after(text, words[size + end - 1]) if rest else ""
        make = ORDERS[phrase.name]
        if numbers and phrase.everyday:
            if not rest or marked or command_index().is_function_word("but_word", rest[0].text):
                return make(numbers, note)
        elif numbers:
            return make(numbers, note)
        elif not phrase.everyday and size == len(words):
            return intents.Help() if phrase.name == "info" and phrase.language == "en" else make((), "")
        elif (phrase.name in NOTED and not phrase.everyday and _set_off(text, words, size)) or (
            phrase.name == "more" and len(context.own) == 1
        ):
            return make((), _after(text, words[size - 1]))
    return None


def _numbered(words: list[Token]) -> bool:
    return len(words) > 1 and (words[1].number is not None or words[1].text == "#")


def _after(text: str, word: Token) -> str:
    return text[word.end :].strip(" \t\r\n,.;:-!")


def _set_off(text: str, words: list[Token], size: int) -> bool:
    """Whether punctuation sets the first words off from the rest: "done, left it at the door"."""
    between = text[words[size - 1].end : words[size].start]
    return bool(between.strip()) or words[0].text == "omw"


def _take_numbers(text: str, words: list[Token]) -> tuple[tuple[int, ...], int, bool]:
    """The numbers at the start, how many words they take, and whether one was marked with "#"."""
    at = 0
    while at < len(words) and words[at].text != "#" and words[at].number is None:
        if not command_index().is_function_word("filler", words[at].text):
            return (), 0, False
        at += 1
    numbers: list[int] = []
    end, marked = 0, False
    while at < len(words) and len(numbers) < MOST_NUMBERS:
        sharp = words[at].text == "#"
        digit = at + sharp
        number = words[digit].number if digit < len(words) else None
        if number is None:
            if numbers and command_index().is_function_word("and", words[at].text):
                at += 1
                continue
            break
        after = words[digit + 1].text if digit + 1 < len(words) else None
        ends_well = (
            after is None or after == "#" or after.isdigit() or command_index().is_function_word("but_word", after)
        )
        ends_well = ends_well or command_index().is_function_word("and", after or "")
        apart = text[words[at - 1].end : words[at].start].strip(" ,;&/+\n") if numbers else ""
        if numbers and (apart or (not sharp and not ends_well)):
            break  # "done 42 3 bags are left", "done 42 $31.50": that is no request
        numbers.append(number)
        marked = marked or sharp
        at = end = digit + 1
    return tuple(dict.fromkeys(numbers)), end, marked


def _word(words: list[Token], context: Situation) -> Intent | None:
    key = tuple(w.text for w in words)
    rows = sorted(command_index().phrases.get(key, ()), key=lambda p: p.language != context.language)
    for phrase in rows:
        if phrase.everyday or (phrase.name not in WORDS and phrase.name != "language"):
            continue
        if phrase.name in MEANT_AS_ANSWER and context.question not in (None, *CLOSED_QUESTIONS):
            continue
        if phrase.name == "language" and context.question is Question.LANGUAGES:
            continue
        answers = phrase.name == "thanks" and any(command_index().is_function_word(k, *key) for k in ("yes", "no"))
        if answers and (context.question is not None or context.offers):
            continue  # "ok" answers what is waiting
        return intents.Language(phrase.language) if phrase.name == "language" else WORDS[phrase.name]
    return None


def _setting(text: str, words: list[Token], context: Situation) -> Intent | None:
    for phrase, size in command_index().at_start(words, SETTINGS, context.language):
        rest = words[size:]
        said = text[words[size - 1].end :].strip(" :,.!")
        if phrase.name == "away":
            hours = _span(rest)
            if not rest or hours is not None:
                return intents.Away(hours)
        elif phrase.name == "max" and len(rest) == 1 and rest[0].number is not None:
            return intents.Max(rest[0].number)
        elif phrase.name == "only" and rest:
            if command_index().is_function_word("anything", *(w.text for w in rest)):
                return intents.Only(())
            if listed := needs.named(said):
                return intents.Only(listed)
        elif phrase.name == "area" and (len(rest) <= 4 and context.question is None):
            return intents.Area(
                said, everywhere=command_index().is_function_word("anything", *(w.text for w in rest))
            )
    return None


def _span(words: list[Token]) -> int | None:
    """`3d`, `2 weeks`, `a day` in hours."""
    said = [w.text for w in words]
    if len(said) > 1 and command_index().is_function_word("filler", said[0]):
        said = said[1:]
    if len(said) == 1:
        digits = "".join(c for c in said[0] if c.isdigit())
        said = [digits, said[0].removeprefix(digits)]
    if len(said) != 2:
        return None
    count = 1 if command_index().is_function_word("article", said[0]) else int(said[0]) if said[0].isdigit() else None
    for unit, hours in (("hours", 1), ("days", 24), ("weeks", 7 * 24)):
        if count is not None and 0 < count < 1000 and command_index().is_function_word(unit, said[1]):
            return count * hours
    return None


def _numbers(text: str, words: list[Token], context: Situation) -> Intent | None:
    numbers, end, marked = _take_numbers(text, words)
    if not numbers or end != len(words) or (words[0].number is None and words[0].text != "#"):
        return None
    if len(numbers) > 1 or marked:
        return intents.Claim(numbers, bare=not marked)
    number = numbers[0]
    open_question = context.question is not None and context.question not in CLOSED_QUESTIONS
    answers = 1 <= number <= context.options or open_question
    if answers and number in context.offers:
        return intents.Ambiguous(offers=(number,), answer=True)
    if answers:
        return intents.Answer(number if number <= context.options else None, text)
    return intents.Claim(numbers, bare=True)


def _reply(text: str, words: list[Token], context: Situation) -> Intent | None:
    choices = REPLIES.get(context.question, {}) if context.question else {}
    key = tuple(w.text for w in words)
    said = next((kind for kind in ("yes", "no", "partly") if command_index().is_function_word(kind, *key)), None)
    if said in ("yes", "no") and context.offers:
        if choices or len(context.offers) > 1:
            return intents.Ambiguous(offers=context.offers, answer=bool(choices))
        return intents.Claim(context.offers) if said == "yes" else intents.Pass(context.offers)
    if not choices:
        return None
    if said is None and len(words) <= SHORT_REPLY:
        starts = command_index().at_start(words, frozenset(choices), context.language)
        said = starts[0][0].name if starts else None
    if said is None:
        return None
    if said == "yes" and any(command_index().is_function_word("except_word", w.text) for w in words):
        said = "partly"
    return intents.Answer(choices[said], text)
