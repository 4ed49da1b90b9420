"""A text as an order: a command, numbers that may be one, or something that only looks like one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from babel.numbers import get_decimal_symbol

from handlers.understanding import carrier_words, money
from handlers.understanding.arguments import Said
from handlers.understanding.command import Note
from handlers.understanding.intents import (
    CLOSED_QUESTIONS,
    Ambiguous,
    Amount,
    Answer,
    Intent,
    Order,
    Question,
    Role,
)
from handlers.understanding.languages import languages, plain
from handlers.understanding.numbers import take
from handlers.understanding.phrases import Begins, Phrase, PhraseIndex, among
from handlers.understanding.reading import Reading
from handlers.understanding.situation import Situation
from handlers.understanding.vocabulary import Vocabulary
from handlers.understanding.when import read as read_time
from handlers.understanding.words import Token, split

# Commands that are also meant without their own words: what carriers reserve, a bare number, "yes" to an offer.
STOP, START, HELP, CLAIM, PASS, LANGUAGE = "stop", "start", "help", "claim", "pass", "language"
AGREE, AMEND, PROPOSAL_OFF = "agree", "amend", "proposal_off"
APPROVE = "approve"
DONE, SPENT, VOUCH = "done", "spent", "vouch"
FULL_NAME = 2  # words
VOICES = frozenset({AGREE, "aside", "block"})
PHONE = re.compile(r"\+?(?:\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}")
FEW = 2  # words beside a time: "lets do friday at 6"
NO_OTHER_MEANING = frozenset({"omw"})  # no word of everyday talk: what follows is a note without punctuation, too


@dataclass(frozen=True)
class Orders:
    """One text in one situation, while the order in it is found."""

    grammar: Vocabulary
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
        """The number of the request that the text of ours tells of to which this is a reply."""
        return self.reading.quote.number if self.reading.quote else self.situation.quoted

    def almost(self) -> Order | None:
        """The command of which this may be a misspelling that we forgive in none of its kind: "couch 5"."""
        numbers, end, *_ = take(self.text, self.words[1:], self.phrases)
        meant = self.phrases.almost(self.words[0].text) if numbers and end == len(self.words) - 1 else None
        return Order(meant.name, numbers) if meant and meant.name in self.grammar.numbered else None

    def language_named(self) -> Order | None:
        """A language that we do not speak, by its name: "kreyol", "do you speak french"."""
        if self.situation.question in (Question.NAME, Question.LANGUAGES):
            return None
        found = languages().named(self.words, lambda word: self.phrases.is_function_word("speaking", word))
        return Order(LANGUAGE, argument=found.code) if found else None

    def denies(self, word: str = "") -> bool:
        """Whether it says not to do something: "no claim 42", "dont pass 3". That is neither done nor an answer.

        With `word`, whether that is denied: "not stop texting me".
        """
        for size in (2, 1):
            rest = self.words[size:]
            if self.phrases.is_function_word("negation", *(w.text for w in self.words[:size])):
                if word:
                    return any(phrase.name == word for phrase, _ in self.phrases.at_start(rest))
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
            or self.setting(self.reading.begins)
            or self.polite()
            or self.mistyped()
            or self.number_first()
            or self.sum_alone()
            or self.entry_first()
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
            begins = [(typo, 1)] if typo.name in self.grammar.numbered else []
        return next((order for phrase, size in begins if (order := self.as_order(phrase, size))), None)

    def as_order(self, phrase: Phrase, size: int) -> Intent | None:
        """The text as an order that begins with this phrase of so many words, if it is one."""
        command, words = self.grammar.commands[phrase.name], self.words
        if command.of_proposals:
            return self.about_proposal(phrase, size)
        numbers, end, marked, surplus = take(self.text, words[size:], self.phrases, self.cents_after(phrase))
        rest = words[size + end :]
        to_whom = bool(command.before_note) and len(rest) > 1 and self.is_word(command.before_note, rest[0])
        if to_whom:
            rest, end = rest[1:], end + 1
        if numbers:
            note = self.after(words[size + end - 1]) if rest else ""
            sure = marked or to_whom or bool(self.phrases.begin_with("but_word", rest))
            sure = sure or self.spent(phrase, note, after_number=True)[0] is not None
            if phrase.everyday and rest and not sure:
                return None
            if self.is_offer_sent_back(rest):
                return Ambiguous(offers=numbers, verb="")
            made = self.made(phrase, numbers, note)
            return replace(made, surplus=surplus)
        answers = self.situation.question in command.gives_way_to or self.is_yes_to_an_offer()
        if size == len(words) and not phrase.everyday and not answers:
            reserved = size == 1 and words[0].text.upper() in carrier_words.HELP
            return Order(HELP) if reserved else self.made(phrase)
        set_off = command.note is Note.SET_OFF and not phrase.everyday and self.is_set_off(size)
        if set_off or (command.note is Note.ONE_OWN and len(self.situation.own) == 1):
            return self.made(phrase, note=self.after(words[size - 1]))
        if phrase.name == VOUCH and 0 < len(words) - size <= FULL_NAME and self.situation.is_(Role.VOLUNTEER):
            return self.made(phrase, note=self.after(words[size - 1]))
        return None

    def about_proposal(self, phrase: Phrase, size: int) -> Order | None:
        """A voice to a proposal, or a word about it: one number and what follows it, "block 7 it is too far".

        Without a number only where we asked about one, and with nothing else or set off: "i agree", "block: too far".
        """
        words, at = self.words, size
        while at < len(words) and words[at].number is None and self.leads_to_proposal(words[at]):
            at += 1
        if at < len(words) and (number := words[at].number) is not None:
            argument = self.grammar.commands[phrase.name].argument
            said = argument.read(self.said(phrase, at + 1)) if argument else None
            note = self.after(words[at])
            if phrase.name == AMEND and len(words) > at + 2 and self.is_word("amend_to", words[at + 1]):
                note = self.after(words[at + 1])  # "change proposal 7 to a freezer for the church"
            return self.made(phrase, (number,), note, said)
        if phrase.name == PROPOSAL_OFF and size == len(words):
            return self.made(phrase)  # their only one
        if self.situation.question is not Question.PROPOSAL or phrase.name not in VOICES or self.yes_or_no():
            return None
        if self.talks_of_else:
            return None  # they may say it to whom they help
        if size < len(words) and phrase.name != AGREE and self.is_word("proposal_it", words[size]):
            return self.made(phrase, note=self.after(words[size]))  # "block it i work nights"
        if size == len(words):
            return self.made(phrase)
        because = self.phrases.begin_with("because", words[size:])
        return self.made(phrase, note=self.after(words[size - 1])) if because or self.is_set_off(size) else None

    @property
    def talks(self) -> bool:
        """Whether there is somebody on the other side of a request to whom plain words go."""
        return self.situation.is_(Role.HOLDING) or self.situation.is_(Role.MATCHED)

    @property
    def talks_of_else(self) -> bool:
        """Whether they do, and have read something else since we asked about a proposal: a yes may be to that."""
        return self.talks and not self.situation.asked_last

    def leads_to_proposal(self, word: Token) -> bool:
        """Whether a word may stand before the number of a proposal: "agree with proposal no. 7"."""
        return word.text == "#" or self.is_word("filler", word) or self.is_word("proposal_filler", word)

    def is_yes_to_an_offer(self) -> bool:
        """Whether a whole text that is also a command answers an offer: "on it" of who has no watch."""
        return self.yes_or_no() is not None and bool(self.situation.offers) and not self.situation.is_(Role.DUTY)

    def made(self, phrase: Phrase, numbers: tuple[int, ...] = (), note: str = "", argument: Any = None) -> Order:
        command = self.grammar.commands[phrase.name]
        spent, note = self.spent(phrase, note, after_number=bool(numbers))
        if command.numbers and not command.of_proposals and not numbers and self.quoted is not None:
            numbers = (self.quoted,)
        if command.argument and argument is None and not command.argument.in_words:
            argument = command.argument.read(self.said(phrase, len(self.words)))
        time = read_time(note, split(note)) if note else None
        return Order(
            command.name,
            numbers,
            note,
            argument,
            language=phrase.language,
            when=time.time if time else None,
            only_when=time is not None and time.rest <= FEW,
            spent=spent,
        )

    def spent(self, phrase: Phrase, note: str, *, after_number: bool) -> tuple[Amount | None, str]:
        """What a note says that somebody laid out, and the note without it."""
        if not note or not self.grammar.commands[phrase.name].money:
            return None, note
        return money.taken(note, self.phrases, after_number=after_number)

    def cents_after(self, phrase: Phrase) -> str:
        """The marks before cents, where money may stand beside numbers: a comma only where the language has it so."""
        if not self.grammar.commands[phrase.name].money:
            return ""
        return f".{get_decimal_symbol(phrase.language)}"

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
        waits = asked not in (None, Question.SURGE, Question.CANT_WAIT)  # which are answered by a number alone
        for phrase in self.phrases.whole(self.words, self.situation.language):
            if phrase.everyday or phrase.name not in self.grammar.whole:
                continue
            if asked in self.grammar.commands[phrase.name].gives_way_to:
                continue
            if self.yes_or_no() and (waits or self.situation.offers):
                continue  # "ok" answers what is waiting
            return self.made(phrase)
        return None

    def polite(self) -> Intent | None:
        """A setting whose word is also a courtesy, which is no part of the words any more: "ok S12"."""
        tokens = self.reading.tokens
        if not self.words or tokens[0] is self.words[0]:
            return None
        for phrase, size in among(self.phrases.at_start(tokens), self.grammar.settings, self.situation.language):
            if tokens[size : size + 1] != self.words[:1]:
                continue
            command = self.grammar.commands[phrase.name]
            typed = self.text[self.words[0].start : self.words[-1].end]
            said = Said(self.text, phrase, self.words, typed, self.phrases, self.grammar.lexicons)
            if command.argument is not None and (argument := command.argument.read(said)) is not None:
                return self.made(phrase, argument=argument)
        return None

    def mistyped(self) -> Intent | None:
        """A harmless setting with a slip of the thumb in a word of it: "queit", "modo descreto 9-15"."""
        for i, word in enumerate(self.words[:2]):
            if (meant := self.phrases.slip(word.text)) is None:
                continue
            begins = self.phrases.at_start([*self.words[:i], word._replace(text=meant), *self.words[i + 1 :]])
            harmless = [row for row in begins if row[0].name in self.phrases.forgiven and row[1] > i]
            if found := self.setting(harmless):
                return found
        return None

    def setting(self, begins: Begins) -> Intent | None:
        for phrase, size in among(begins, self.grammar.settings, self.situation.language):
            command = self.grammar.commands[phrase.name]
            if command.argument is None or self.situation.question in command.gives_way_to:
                continue
            said = self.said(phrase, size)
            argument = command.argument.read(said)
            if argument is not None and len(said.rest) > FEW and self.reading.machine:
                return None  # "out of the office until tuesday"
            if argument is not None or (command.argument.optional and not said.rest):
                note = said.rest_as_typed if command.note is Note.ARGUMENT else ""
                return self.made(phrase, note=note, argument=argument)
        return None

    def number_first(self) -> Order | None:
        """What is done, by its number first: "1 is done it was 23.40"."""
        if self.situation.options or not self.situation.is_(Role.HOLDING):
            return None
        numbers, end, _, surplus = take(self.text, self.words, self.phrases)
        if not numbers or surplus:
            return None
        rest = self.words[end:]
        while rest and self.is_word("is_done", rest[0]):
            rest = rest[1:]
        begins = among(self.phrases.at_start(rest), (DONE,), self.situation.language)
        if not begins:
            return None
        phrase, size = begins[0]
        return self.made(phrase, numbers, self.after(rest[size - 1]))

    def sum_alone(self) -> Order | None:
        """What they spent, said by itself after what they have done: "it was $11.20"."""
        helped = self.situation.is_(Role.HELPED) and not self.situation.is_(Role.HOLDING)
        if not helped or self.situation.question is not None or self.situation.offers:
            return None
        amount = money.by_itself(self.text, self.phrases)
        said = None if amount is None else (money.SpentSaid(replace(amount, words=""), words=amount.words),)
        return Order(SPENT, argument=said, bare=True) if said else None

    def entry_first(self) -> Order | None:
        """An OK behind the number of an entry in the purse: "S12 is fine"."""
        named = money.NAMED.match(self.text)
        if named is None or not named[1]:
            return None
        rest = [token for token in self.reading.tokens if token.start >= named.end()]
        said = (phrase for phrase in self.phrases.whole(rest, self.situation.language) if phrase.name == APPROVE)
        return next((self.made(phrase, argument=(int(named[2]),)) for phrase in said), None)

    def bare_numbers(self) -> Intent | None:
        words, offers = self.words, self.situation.offers
        if PHONE.fullmatch(self.text) and not self.situation.options:
            return None  # somebody says where to call
        numbers, end, marked, surplus = take(self.text, words, self.phrases)
        if not numbers or surplus or end != len(words) or (words[0].number is None and words[0].text != "#"):
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
        spoken: tuple[str, ...] = ()
        if self.situation.question is Question.LANGUAGES:
            said = {(w.text,) for w in self.reading.tokens}
            named = {p.language for key in said for p in self.phrases.phrases.get(key, ()) if p.name == LANGUAGE}
            spoken = (*sorted(named), *languages().all_named(self.reading.tokens))
        came = self.situation.question is Question.RECEIPT and choice == 1
        beside = self.reading.asks_further if came else None
        return Answer(choice, self.text, self.reading.meaning, spoken, beside)

    def yes_or_no(self) -> str | None:
        """Which of yes, no and partly the whole text is, if it is one."""
        theirs = languages().by_code.get(self.situation.language)
        if theirs and (reply := theirs.reply(plain(self.text))):
            return reply
        said = {p.name for p in self.phrases.whole(self.words, self.situation.language)}
        return next((kind for kind in ("yes", "no", "partly") if kind in said), None)
