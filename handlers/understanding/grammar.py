"""From a text, and what its author was last asked, to what they mean.

    text     := [courtesy] meaning [courtesy]
    meaning  := stop | start | sign | order | word | setting | numbers | reply | free
    sign     := "@" number words
    order    := VERB [filler] numbers [note]     VERB: a command that takes numbers, by its words in [hear]
              | EVERYDAY numbers [but_word note] EVERYDAY: by those in [hear_with_number], "ill take 42 but after 6"
              | VERB                             which one is clear from what its author has in hand
              | VERB punctuation note            "done, left it at the door": where the note may be set off
    word     := a command that is the whole text: help, list, thanks, a language, …
    setting  := a command and its argument: "away" span | "max" number | "only" needs | "area" words
    numbers  := ["#"] number {["," | "and"] ["#"] number}
    reply    := yes | no | partly | number | words: when something was asked or offered
    free     := anything else

Which commands there are and what each takes is declared in handlers/registry.py; their words, of all languages at
once, are in the phrasebooks. Anything that is not clearly a command is free text, and that is how neighbors ask.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from handlers import phrasebook
from handlers.understanding import carrier_words, typed
from handlers.understanding.act_rule import ActRule
from handlers.understanding.arguments import Said
from handlers.understanding.command import Command, Note
from handlers.understanding.intents import (
    CLOSED_QUESTIONS,
    Act,
    Ambiguous,
    Answer,
    Free,
    Intent,
    Order,
    Question,
    Role,
    Understood,
    Wordless,
)
from handlers.understanding.lexicon import Lexicons, lexicons
from handlers.understanding.numbers import take
from handlers.understanding.phrases import Book, Phrase, PhraseIndex, among
from handlers.understanding.reading import Reading, without_courtesy
from handlers.understanding.situation import NO_SITUATION, Situation
from handlers.understanding.words import Token, clean, split

# Commands that are also meant without their own words: what carriers reserve, a bare number, "yes" to an offer.
STOP, START, HELP, CLAIM, PASS, LANGUAGE = "stop", "start", "help", "claim", "pass", "language"
REPLIES: dict[Question, dict[str, int]] = {
    Question.RECEIPT: {"yes": 1, "partly": 2, "no": 3},
    Question.COMING: {"yes": 1, "no": 2},
}
BARE = {"yes": (Act.ACCEPTS,), "no": (Act.DECLINES,)}  # where nothing waits for them
ANSWERED_BY = {"yes": CLAIM, "no": PASS}  # an offer
SHORT_REPLY = 6  # words: "yes thank you so much", "no nobody has come"
NO_OTHER_MEANING = frozenset({"omw"})  # no word of everyday talk: what follows is a note without punctuation, too


class Grammar:
    """Understands texts as these commands, in the words of these languages."""

    def __init__(
        self,
        commands: Sequence[Command[Any]],
        act_rules: Sequence[ActRule[Any]] = (),
        *,
        books: Mapping[str, Book] | None = None,
        lexica: Lexicons | None = None,
    ) -> None:
        self.act_rules = act_rules
        self.commands = {key: command for command in commands for key in command.keys}
        self.signs = {command.sign: command for command in commands if command.sign}
        self._books, self._lexica = books, lexica
        names = self.commands.items()
        self.numbered = frozenset(key for key, c in names if c.numbers)
        self.settings = frozenset(key for key, c in names if c.argument and c.argument.in_words)
        self.whole = frozenset(self.commands) - self.numbered - self.settings
        self.telling = frozenset(key for key, c in names if c.tells_language)

    @cached_property
    def _pages(self) -> Mapping[str, Book]:
        return self._books or {code: phrasebook.book(code).pages for code in phrasebook.languages()}

    @cached_property
    def phrases(self) -> PhraseIndex:
        """What people type, in every language."""
        return PhraseIndex.of(self._pages, [key for key, c in self.commands.items() if c.typo_forgiven])

    @cached_property
    def lexicons(self) -> Lexicons:
        """What the words of free text say."""
        return self._lexica or lexicons()

    def read(self, body: str) -> Reading:
        """Take a text apart: what it says by itself, whoever sent it."""
        text, quoted = typed.unquoted(clean(body), self.our_offer)
        tokens = typed.unglued(split(text), self._takes_numbers)
        words = without_courtesy(tokens, self.phrases)
        begins = self.phrases.at_start(words)
        told = among(begins, self.telling, "en")
        return Reading(text, tokens, words, begins, self.lexicons, quoted, told[0][0].language if told else None)

    @cached_property
    def our_offer(self) -> re.Pattern[str]:
        """An offer as we text it."""
        return typed.offer(book["verbs"] for book in self._pages.values())

    def _takes_numbers(self, word: str) -> bool:
        """Whether a word by itself is a command about requests, or a harmless one mistyped."""
        known = self.phrases.phrases.get((word,), ())
        meant = self.phrases.forgiving(word)
        return any(p.name in self.numbered and not p.everyday for p in (*known, *([meant] if meant else ())))

    def understand(self, said: str | Reading, situation: Situation = NO_SITUATION) -> Understood:
        """What a text means to somebody in this situation. Never raises."""
        reading = said if isinstance(said, Reading) else self.read(said)
        intent = _Sentence(self, reading, situation).intent()
        if isinstance(intent, Free):
            return Understood(intent, intent.meaning.language, intent.meaning.danger)
        return Understood(
            intent, reading.language, reading.danger_in(intent.note) if isinstance(intent, Order) else None
        )


@dataclass(frozen=True)
class _Sentence:
    """One text in one situation, while its intent is found."""

    grammar: Grammar
    reading: Reading
    situation: Situation

    @property
    def phrases(self) -> PhraseIndex:
        return self.grammar.phrases

    @property
    def text(self) -> str:
        return self.reading.text

    @property
    def words(self) -> Sequence[Token]:
        return self.reading.words

    @property
    def quoted(self) -> int | None:
        """The request of which a text of ours told, to which they reply."""
        return self.reading.quoted or self.situation.quoted

    def intent(self) -> Intent:
        if not any(w.text not in "#@" for w in self.words):
            if self.reading.quoted is not None:  # our own text sent back neither takes nor refuses it
                return Ambiguous(offers=(self.reading.quoted,), verb="")
            return Order(HELP) if self.text.strip("!. ") == "?" else Wordless()
        found = self.order()
        if self.reading.danger:  # comes before any command and any question of ours; in a note it travels along
            carried = isinstance(found, Order) and self.reading.danger_in(found.note)
            return found if found and carried else Free(self.text, self.reading.meaning)
        if found is not None:
            return found
        meaning = self.reading.meaning
        almost = self.almost()
        if almost is None and not self.is_awaited(self.yes_or_no()) and (rule := self.act()) is not None:
            done = self.reading.acts.get(rule.act)
            said = done.words if done else ""
            return Free(self.text, meaning, act=rule.act, act_words=said, role=rule.to, quoted=self.quoted)
        if (reply := self.reply()) is not None:
            return reply
        return self.answer() if self.asked_for_words else Free(self.text, meaning, almost)

    def act(self) -> ActRule[Any] | None:
        """What they do by it that makes sense to them now: the first of the rules that holds."""
        acts = {*self.reading.acts, *BARE.get(self.yes_or_no() or "", ())}
        rules = self.grammar.act_rules if acts else ()
        return next((r for r in rules if r.act in acts and self.situation.is_(r.to)), None)

    def is_awaited(self, said: str | None) -> bool:
        """Whether yes, no or partly answers a question of ours or an offer."""
        return said is not None and (self.situation.question in REPLIES or bool(self.situation.offers))

    def almost(self) -> Order | None:
        """The command of which this may be a misspelling that we forgive in none of its kind: "couch 5"."""
        numbers, end, _ = take(self.text, self.words[1:], self.phrases)
        meant = self.phrases.almost(self.words[0].text) if numbers and end == len(self.words) - 1 else None
        return Order(meant.name, numbers) if meant and meant.name in self.grammar.numbered else None

    def denies(self) -> bool:
        """Whether it says not to do something: "no claim 42", "dont pass 3". That is neither done nor an answer."""
        for size in (2, 1):
            rest = self.words[size:]
            if self.phrases.is_function_word("negation", *(w.text for w in self.words[:size])):
                begins = among(self.phrases.at_start(rest), self.grammar.numbered, self.situation.language)
                return any(take(self.text, rest[taken:], self.phrases).found for _, taken in begins)
        return False

    def order(self) -> Intent | None:
        """A command, or numbers that may be one."""
        return (
            self.stop_or_start()
            or self.signed()
            or self.numbered()
            or self.whole()
            or self.setting()
            or self.bare_numbers()
        )

    def stop_or_start(self) -> Intent | None:
        if self.situation.opted_out and self.text.upper() in carrier_words.START:
            return Order(START)
        stops = [p for p in self.phrases.whole(self.words, self.situation.language) if p.name == STOP]
        if self.text.upper() in carrier_words.STOP or stops:
            return self.made(stops[0] if stops else Phrase(STOP, "en"))
        return None

    def signed(self) -> Intent | None:
        words = self.words
        command = self.grammar.signs.get(words[0].text)
        if command is None or len(words) < 2 or words[1].number is None:
            return None
        return Order(command.name, (words[1].number,), self.text[words[1].end :].lstrip(" :,.-"))

    def numbered(self) -> Intent | None:
        begins = among(self.reading.begins, self.grammar.numbered, self.situation.language)
        if not begins and self.numbers_follow() and (typo := self.phrases.forgiving(self.words[0].text)):
            begins = [(typo, 1)]
        return next((order for phrase, size in begins if (order := self.as_order(phrase, size))), None)

    def as_order(self, phrase: Phrase, size: int) -> Intent | None:
        """The text as an order that begins with this phrase of so many words, if it is one."""
        command, words = self.grammar.commands[phrase.name], self.words
        numbers, end, marked = take(self.text, words[size:], self.phrases)
        rest = words[size + end :]
        if command.before_note and len(rest) > 1 and self.is_word(command.before_note, rest[0]):
            rest, end = rest[1:], end + 1
        if numbers:
            if phrase.everyday and rest and not marked and not self.phrases.begin_with("but_word", rest):
                return None
            if self.is_offer_sent_back(rest):
                return Ambiguous(offers=numbers, verb="")
            return self.made(phrase, numbers, self.after(words[size + end - 1]) if rest else "")
        if size == len(words) and not phrase.everyday:
            reserved = size == 1 and words[0].text.upper() in carrier_words.HELP
            return Order(HELP) if reserved else self.made(phrase)
        set_off = command.note is Note.SET_OFF and not phrase.everyday and self.is_set_off(size)
        if set_off or (command.note is Note.ONE_OWN and len(self.situation.own) == 1):
            return self.made(phrase, note=self.after(words[size - 1]))
        return None

    def made(self, phrase: Phrase, numbers: tuple[int, ...] = (), note: str = "", argument: Any = None) -> Order:
        command = self.grammar.commands[phrase.name]
        if command.numbers and not numbers and self.quoted is not None:
            numbers = (self.quoted,)
        if command.argument and argument is None and not command.argument.in_words:
            argument = command.argument.read(self.said(phrase, len(self.words)))
        return Order(command.name, numbers, note, argument, language=phrase.language)

    def said(self, phrase: Phrase, size: int) -> Said:
        rest = self.words[size:]
        typed = self.text[self.words[size - 1].end :].strip(" :,.!")
        return Said(self.text, phrase, rest, typed, self.phrases, self.grammar.lexicons)

    def is_offer_sent_back(self, rest: Sequence[Token]) -> bool:
        """Whether "or PASS 2" follows: our own words, which neither take nor refuse it."""
        if len(rest) < 3 or not self.is_word("or", rest[0]):
            return False
        passes = among(self.phrases.at_start(rest[1:]), (PASS, CLAIM), self.situation.language)
        return bool(passes) and bool(take(self.text, rest[1 + passes[0][1] :], self.phrases).found)

    def is_word(self, kind: str, word: Token) -> bool:
        return self.phrases.is_function_word(kind, word.text)

    def numbers_follow(self) -> bool:
        return len(self.words) > 1 and (self.words[1].number is not None or self.words[1].text == "#")

    def after(self, word: Token) -> str:
        return self.text[word.end :].strip(" \t\r\n,.;:-!")

    def is_set_off(self, size: int) -> bool:
        """Whether punctuation sets the first words off from the rest: "done, left it at the door"."""
        between = self.text[self.words[size - 1].end : self.words[size].start]
        return bool(between.strip()) or self.words[0].text in NO_OTHER_MEANING

    def whole(self) -> Intent | None:
        asked = self.situation.question
        waits = asked not in (None, Question.SURGE)  # which is answered by a number alone
        for phrase in self.phrases.whole(self.words, self.situation.language):
            if phrase.everyday or phrase.name not in self.grammar.whole:
                continue
            if asked in self.grammar.commands[phrase.name].gives_way_to:
                continue
            if self.yes_or_no() and (waits or self.situation.offers):
                continue  # "ok" answers what is waiting
            return self.made(phrase)
        return None

    def setting(self) -> Intent | None:
        for phrase, size in among(self.reading.begins, self.grammar.settings, self.situation.language):
            command = self.grammar.commands[phrase.name]
            if command.argument is None or self.situation.question in command.gives_way_to:
                continue
            said = self.said(phrase, size)
            argument = command.argument.read(said)
            if argument is not None or (command.argument.optional and not said.rest):
                note = said.rest_as_typed if command.note is Note.ARGUMENT else ""
                return self.made(phrase, note=note, argument=argument)
        return None

    def bare_numbers(self) -> Intent | None:
        words, offers = self.words, self.situation.offers
        numbers, end, marked = take(self.text, words, self.phrases)
        if not numbers or end != len(words) or (words[0].number is None and words[0].text != "#"):
            return None
        if len(numbers) > 1 or marked:
            return Order(CLAIM, numbers, bare=not marked)
        number = numbers[0]
        answers = 1 <= number <= self.situation.options or self.asked_for_words
        if answers and number in offers:
            return Ambiguous(offers=(number,), answer=True)
        if answers:
            return self.answer(number if number <= self.situation.options else None)
        return Order(CLAIM, numbers, bare=True)

    @property
    def asked_for_words(self) -> bool:
        """Whether we asked something that is answered in words of one's own."""
        return self.situation.question is not None and self.situation.question not in CLOSED_QUESTIONS

    def answer(self, choice: int | None = None) -> Answer:
        languages: tuple[str, ...] = ()
        if self.situation.question is Question.LANGUAGES:
            said = {(w.text,) for w in self.reading.tokens}
            named = {p.language for key in said for p in self.phrases.phrases.get(key, ()) if p.name == LANGUAGE}
            languages = tuple(sorted(named))
        return Answer(choice, self.text, self.reading.meaning, languages)

    def yes_or_no(self) -> str | None:
        """Which of yes, no and partly the whole text is, if it is one."""
        said = {p.name for p in self.phrases.whole(self.words, self.situation.language)}
        return next((kind for kind in ("yes", "no", "partly") if kind in said), None)

    def to_an_offer(self, verb: str, *, asked: bool) -> Intent:
        """A yes or no of somebody who was asked about requests: it answers one only if it can mean nothing else."""
        offers, situation = self.situation.offers, self.situation
        if self.quoted is not None and self.quoted in offers:
            return Order(verb, (self.quoted,))
        if asked:
            return Ambiguous(offers=offers, answer=True)
        if situation.is_(Role.HOLDING) or situation.is_(Role.MATCHED):
            return Ambiguous(offers=offers, verb=verb, talk=True)
        if len(offers) > 1 or not situation.offered_last:
            return Ambiguous(offers=offers, verb=verb if len(offers) > 1 else "")
        return Order(verb, offers)

    def reply(self) -> Intent | None:
        question, offers = self.situation.question, self.situation.offers
        choices = REPLIES.get(question, {}) if question else {}
        said = self.yes_or_no()
        if said in ("yes", "no") and offers and (not choices or self.situation.offered_last):
            return self.to_an_offer(ANSWERED_BY[said], asked=bool(choices))
        if not choices:
            return None
        beyond = any(w.number is not None and w.number > self.situation.options for w in self.words)
        # "no puedo 42" is no answer, and neither is "no claim 2".
        if said is None and len(self.words) <= SHORT_REPLY and not beyond and not self.denies():
            starts = among(self.reading.begins, choices, self.situation.language)
            said = starts[0][0].name if starts else None
        if said is None:
            return None
        if said == "yes" and any(self.is_word("except_word", w) for w in self.words):
            said = "partly"
        return self.answer(choices[said])
