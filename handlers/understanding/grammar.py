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
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from handlers import phrasebook
from handlers.understanding import carrier_words, echoes, machines, typed
from handlers.understanding.act_rule import ActRule
from handlers.understanding.arguments import Said
from handlers.understanding.asides import Aside
from handlers.understanding.command import Command, Note
from handlers.understanding.intents import (
    CLOSED_QUESTIONS,
    Act,
    Ambiguous,
    Answer,
    Free,
    Intent,
    Kind,
    Machine,
    MayStop,
    Mood,
    Need,
    Order,
    Question,
    Role,
    Safe,
    Silence,
    Understood,
    Wordless,
    WrongNumber,
)
from handlers.understanding.languages import languages, plain
from handlers.understanding.leaving import Wish
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
LEAVING: dict[Wish, Intent] = {
    Wish.STOP: Order(STOP),
    Wish.WRONG_NUMBER: WrongNumber(),
    Wish.PERHAPS: MayStop(),
}
STAYING = frozenset({Act.NOT_THESE, Act.NOT_AT_NIGHT})  # "stop asking me about rides" leaves nobody
RECEIPTS = frozenset({"did_you_get_it", "receipt_reminder", "yes_partly_no", "status_delivered"})
# Questions whose answer is taken as it is, in any language.
IN_ANY_LANGUAGE = frozenset({Question.NAME, Question.LANGUAGES, Question.MISSING})
PHONE = re.compile(r"\+?(?:\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}")
ASKED_BACK = 4  # words; "the elm court?" is an answer
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
        text, quote = clean(body), None
        if (tap := machines.tapped(text)) and tap.mood is Mood.EDITED:  # what they wrote before is to read so now
            text, tap = tap.quote.strip(), None
        tokens = split(text)
        if tap is None:
            text, quote = echoes.apart(text, tokens)
            tokens = split(text) if quote else tokens
        tokens = typed.unglued(tokens, self._takes_numbers)
        words = without_courtesy(tokens, self.phrases)
        begins = self.phrases.at_start(words)
        told = among(begins, self.telling, "en")
        language = told[0][0].language if told else None
        return Reading(text, tokens, words, begins, self.lexicons, language, quote, tap)

    def _takes_numbers(self, word: str) -> bool:
        """Whether a word by itself is a command about requests, or a harmless one mistyped."""
        known = self.phrases.phrases.get((word,), ())
        meant = self.phrases.forgiving(word)
        return any(p.name in self.numbered and not p.everyday for p in (*known, *([meant] if meant else ())))

    def understand(self, said: str | Reading, situation: Situation = NO_SITUATION) -> Understood:
        """What a text means to somebody in this situation. Never raises."""
        reading = said if isinstance(said, Reading) else self.read(said)
        intent = _Sentence(self, reading, situation).intent()
        if isinstance(intent, Free | Silence):
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

    def intent(self) -> Intent:
        if not any(w.text not in "#@" for w in self.words):
            return Order(HELP) if self.text.strip("!. ") == "?" else self.without_words()
        if (aside := self.aside()) is not None:
            return aside
        found = self.order()
        if found is None and self.reading.machine:
            return self.tapped(self.reading.machine) or self.reading.machine
        if self.reading.danger:  # comes before any command and any question of ours; in a note it travels along
            carried = isinstance(found, Order) and self.reading.danger_in(found.note)
            return found if found and carried else Free(self.text, self.reading.meaning)
        if found is not None:
            return self.about_quoted(found)
        if (named := self.language_named()) is not None:
            return named
        if self.reading.leaving in (Wish.STOP, Wish.WRONG_NUMBER) and not (self.stays() or self.denies(STOP)):
            return LEAVING[self.reading.leaving]
        meaning = self.reading.meaning
        almost = self.almost()
        if almost is None and not self.is_awaited(self.yes_or_no()) and (rule := self.act()) is not None:
            return self.acted(rule)
        if (reply := self.reply()) is not None:
            return reply
        if self.reading.leaving is Wish.PERHAPS:
            return LEAVING[Wish.PERHAPS]
        if self.reading.unspoken and self.situation.question not in IN_ANY_LANGUAGE:
            return Free(self.text, meaning)
        if self.asked_for_words and not self.asks_back():
            return self.answer()
        return Free(self.text, meaning, almost)

    def asks_back(self) -> bool:
        """Whether it answers our question by another one: "do you come on sundays?"."""
        meaning, asked = self.reading.meaning, self.situation.question
        if asked not in (Question.NEED, Question.PLACE) or meaning.kind is not Kind.QUESTION or meaning.place:
            return False
        named = asked is Question.NEED and {*meaning.needs_if_asked} - {Need.OTHER}
        return not named and self.text.endswith("?") and len(self.words) >= ASKED_BACK

    def act(self) -> ActRule[Any] | None:
        """What they do by it that makes sense to them now: the first of the rules that holds."""
        acts = {*self.reading.acts, *BARE.get(self.yes_or_no() or "", ())}
        if self.situation.question in IN_ANY_LANGUAGE and "?" not in self.text:
            return None  # "I'd rather not say" is no name, and asks nothing either
        if acts and self.situation.in_danger:  # all else is for those who look after them
            acts &= {Act.ASKS_PROGRESS}
        rules = (rule for rule in self.grammar.act_rules if rule.act in acts) if acts else ()
        return next((rule for rule in rules if self.fits(rule) and self.situation.is_(rule.to)), None)

    def is_awaited(self, said: str | None) -> bool:
        """Whether yes, no or partly answers a question of ours or an offer."""
        return said is not None and (self.situation.question in REPLIES or bool(self.situation.offers))

    def stays(self) -> bool:
        """Whether a volunteer only says what not to be asked."""
        return not STAYING.isdisjoint(self.reading.acts) and self.situation.is_(Role.VOLUNTEER)

    def fits(self, rule: ActRule[Any]) -> bool:
        """Whether words of this kind may do that: who offers legal help needs none."""
        return rule.offers_too or self.reading.meaning.kind is not Kind.OFFER

    def acted(self, rule: ActRule[Any]) -> Free:
        """What they do by it, what they need beside it, and in which language if nothing else tells."""
        acts, meaning = self.reading.acts, self.reading.meaning
        done = acts.get(rule.act)
        beside = self.reading.meaning_without(acts.values())
        named = {*beside.needs} - {Need.OTHER}
        needed = meaning.kind is Kind.ASK and beside.kind is Kind.ASK and bool(named or beside.exact)
        if meaning.language is None and done is not None:
            meaning = replace(meaning, language=done.language)
        return Free(
            self.text,
            meaning,
            act=rule.act,
            role=rule.to,
            acts=frozenset(acts),
            beside=beside if needed else None,
            act_words=done.words if done else "",
            quoted=self.quoted,
        )

    def without_words(self) -> Intent:
        """A picture, or an emoji: a thumb is a yes where something waits for one, else nothing to be answered."""
        if self.reading.quote:
            return self.reading.machine or Wordless()
        thumb = machines.emoji(self.text)
        return (self.tapped(thumb) or thumb) if thumb else Wordless()

    def tapped(self, machine: Machine) -> Intent | None:
        """The answer that a tap on a text of ours is, or a thumb by itself: to an offer, or to "did you get it?"."""
        said = {Mood.YES: "yes", Mood.NO: "no"}.get(machine.mood) if machine.mood else None
        if said is None or not (machine.alone or machine.quote):
            return None
        quote, question = machine.quote, self.situation.question
        number = quote.number if quote else self.situation.quoted
        if number is not None and number in self.situation.offers:
            return Order(CLAIM if said == "yes" else PASS, (number,))
        if quote and quote.phrase not in (None, *RECEIPTS):
            return None
        mine = quote is None or quote.phrase in RECEIPTS or number is not None
        if question in REPLIES and mine and said in REPLIES[question]:
            if quote is None and self.situation.offers:
                return Ambiguous(offers=self.situation.offers, answer=True)
            return Answer(REPLIES[question][said], "")
        return self.to_an_offer(ANSWERED_BY[said], asked=False) if machine.alone and self.situation.offers else None

    @property
    def quoted(self) -> int | None:
        """The number of the request that the text of ours tells of to which this is a reply."""
        return self.reading.quote.number if self.reading.quote else self.situation.quoted

    def about_quoted(self, found: Intent) -> Intent:
        """A command without a number, said in reply to a text of ours, is about what that tells of."""
        if not isinstance(found, Order) or found.numbers or found.command not in self.grammar.numbered:
            return found
        return replace(found, numbers=(self.quoted,)) if self.quoted is not None else found

    def aside(self) -> Intent | None:
        """What somebody in danger says beside it. It comes before any command: "dont text me" is no STOP then."""
        said = self.reading.aside
        if said is None or self.text.upper() in carrier_words.STOP or "@" in self.words[0].text:
            return None
        if said.aside is Aside.SAFE:
            return Safe(self.text) if not self.reading.danger and self.situation.in_danger else None
        meant = said.always or self.reading.danger or self.situation.in_danger
        return Silence(self.text, self.reading.meaning) if meant else None

    def almost(self) -> Order | None:
        """The command of which this may be a misspelling that we forgive in none of its kind: "couch 5"."""
        numbers, end, _ = take(self.text, self.words[1:], self.phrases)
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
        if size == len(words) and not phrase.everyday and not self.is_yes_to_an_offer():
            reserved = size == 1 and words[0].text.upper() in carrier_words.HELP
            return Order(HELP) if reserved else self.made(phrase)
        set_off = command.note is Note.SET_OFF and not phrase.everyday and self.is_set_off(size)
        if set_off or (command.note is Note.ONE_OWN and len(self.situation.own) == 1):
            return self.made(phrase, note=self.after(words[size - 1]))
        return None

    def is_yes_to_an_offer(self) -> bool:
        """Whether a whole text that is also a command answers an offer: "on it" of who has no watch."""
        return self.yes_or_no() is not None and bool(self.situation.offers) and not self.situation.is_(Role.DUTY)

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
        if PHONE.fullmatch(self.text) and not self.situation.options:
            return None  # somebody says where to call
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
        spoken: tuple[str, ...] = ()
        if self.situation.question is Question.LANGUAGES:
            said = {(w.text,) for w in self.reading.tokens}
            named = {p.language for key in said for p in self.phrases.phrases.get(key, ()) if p.name == LANGUAGE}
            spoken = (*sorted(named), *languages().all_named(self.reading.tokens))
        return Answer(choice, self.text, self.reading.meaning, spoken)

    def yes_or_no(self) -> str | None:
        """Which of yes, no and partly the whole text is, if it is one."""
        theirs = languages().by_code.get(self.situation.language)
        if theirs and (reply := theirs.reply(plain(self.text))):
            return reply
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
        if self.quoted is not None and self.quoted in offers:  # they answer that offer
            if said is None and len(self.words) <= SHORT_REPLY:
                starts = among(self.reading.begins, ("yes", "no"), self.situation.language)
                said = starts[0][0].name if starts else None
            if said in ("yes", "no"):
                return Order(CLAIM if said == "yes" else PASS, (self.quoted,))
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
