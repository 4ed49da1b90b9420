"""What a text means in a situation: what it is comes before what we asked. The order is docs/understanding.md's."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from handlers.understanding import acts, carrier_words, leaving, machines, money, placing, when
from handlers.understanding.act_rule import ActRule
from handlers.understanding.acts import Done
from handlers.understanding.asides import Aside
from handlers.understanding.intents import (
    TO_BE_ANSWERED,
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
    Wordless,
    WrongNumber,
)
from handlers.understanding.leaving import Wish
from handlers.understanding.orders import CLAIM, HELP, PASS, STOP
from handlers.understanding.phrases import among
from handlers.understanding.voices import SHORT_REPLY, Voices

REPLIES: dict[Question, dict[str, int]] = {
    Question.RECEIPT: {"yes": 1, "partly": 2, "no": 3},
    Question.COMING: {"yes": 1, "no": 2},
    Question.STILL_HELPS: {"yes": 1, "no": 2},
    Question.STILL_ON: {"yes": 1, "no": 2},
    Question.WELCOMED: {"yes": 1, "no": 2},
    Question.STAYS: {"yes": 1, "no": 2},
    Question.FORGET: {"yes": 1, "no": 2},
    Question.GOING: {"yes": 1, "no": 2},
    Question.STILL_NEEDED: {"yes": 1, "no": 2},
    Question.RECURRING: {"yes": 1, "no": 2},
    Question.REGULAR: {"yes": 1, "no": 2},
    Question.DOOR: {"yes": 1, "no": 2},
    Question.OLD_PHONE: {"yes": 1},
    Question.NEW_PHONE: {"yes": 1, "no": 2},
    Question.HOUSEHOLD: {"yes": 1, "no": 2},
    Question.REPEAT: {"yes": 1, "no": 2},
    Question.FORWARDED: {"yes": 1, "no": 2},
    Question.DISTRO_PLAN: {"yes": 1, "no": 2},
    Question.GIVES: {"yes": 1, "no": 2},
    Question.STILL_GIVES: {"yes": 1, "no": 2},
    Question.STOCK: {"yes": 1, "no": 2},
    Question.STOCK_FETCHED: {"yes": 1, "no": 2},
    Question.PROPOSAL: {"yes": 1, "no": 2},
    Question.PROPOSES: {"yes": 1, "no": 2},
}
BARE = {"yes": (Act.ACCEPTS,), "no": (Act.DECLINES,)}  # where nothing waits for them
ANSWERED_BY = {"yes": CLAIM, "no": PASS}  # an offer
LEAVING: dict[Wish, Intent] = {
    Wish.STOP: Order(STOP),
    Wish.WRONG_NUMBER: WrongNumber(),
    Wish.PERHAPS: MayStop(),
}
STAYING = frozenset({Act.NOT_THESE, Act.NOT_AT_NIGHT})  # "stop asking me about rides" leaves nobody
SHORT_WORD = 3  # letters
PAID = frozenset({Act.DELIVERED})  # beside it they may say what they spent
WELL_DONE = frozenset({Act.CAME, Act.GOT_IT, Act.THANKS_SOMEBODY})  # said of what is over
TIMED = frozenset({Act.RESCHEDULES, Act.COMES_AT})  # only beside a time
RECEIPTS = frozenset({"did_you_get_it", "receipt_reminder", "yes_partly_no", "status_delivered"})
# Questions whose answer is taken as it is, in any language.
IN_ANY_LANGUAGE = frozenset({Question.NAME, Question.LANGUAGES, Question.MISSING})
ASKED_BACK = 4  # words; "the elm court?" is an answer


@dataclass(frozen=True)
class Sentence(Voices):
    """One text in one situation, while its intent is found."""

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
        if self.is_not_them():
            return WrongNumber(not_called=True)
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

    def is_not_them(self) -> bool:
        """Whether they are not whom we have just called by name: the number was somebody else's before."""
        called = self.situation.called
        if not called or self.situation.question is not None or all(word.text != called for word in self.words):
            return False
        return leaving.is_not_called(self.text, self.reading.tokens, called) and self.situation.is_(Role.NAMED)

    def asks_back(self) -> bool:
        """Whether it answers our question by another one: "do you come on sundays?"."""
        meaning, asked = self.reading.meaning, self.situation.question
        if asked not in (Question.NEED, Question.PLACE) or meaning.kind is not Kind.QUESTION or meaning.place:
            return False
        named = asked is Question.NEED and {*meaning.needs_if_asked} - {Need.OTHER}
        return not named and self.text.endswith("?") and len(self.words) >= ASKED_BACK

    @cached_property
    def acts(self) -> Mapping[Act, Done]:
        """What they do by it; of who helps them they may speak by name.

        A word as short as "yo" is of their own language: it takes something on in one, and greets in another.
        """
        by_name = acts.acts().about_helper(self.text, self.reading.tokens, self.situation.helpers)
        found = {**by_name, **self.reading.acts} if by_name else self.reading.acts
        if len(self.words) > 1 or len(self.words[0].text) > SHORT_WORD:
            return found
        return {act: done for act, done in found.items() if self.situation.language in (None, done.language)}

    def act(self) -> ActRule[Any] | None:
        """What they do by it that makes sense to them now: the first of the rules that holds."""
        acts = {*self.acts, *BARE.get(self.yes_or_no() or "", ())}
        if acts & TIMED and self.reading.meaning.when is None:
            acts -= TIMED
        if self.situation.question in IN_ANY_LANGUAGE and "?" not in self.text:
            return None  # "I'd rather not say" is no name, and asks nothing either
        if self.situation.question is Question.PLACE:
            acts -= {Act.ASKS_SAME}  # "the same as last time" says where
            if placing.looks_like_place(self.text, self.reading.meaning):
                acts -= {Act.ASKS_NEARBY}  # "by the park where the church is"
        if acts and self.situation.in_danger:  # all else is for those who look after them
            acts &= {Act.ASKS_PROGRESS}
        rules = (rule for rule in self.grammar.act_rules if rule.act in acts) if acts else ()
        return next((rule for rule in rules if self.fits(rule) and self.situation.is_(rule.to)), None)

    def is_awaited(self, said: str | None) -> bool:
        """Whether yes, no or partly answers a question of ours or an offer."""
        asked = self.situation.question in REPLIES and not self.is_unclear_voice()
        begun = asked and self.situation.question is Question.PROPOSAL and self.begins_with_reply(said)
        return begun or self.is_in_a_sentence() or (said is not None and (asked or bool(self.situation.offers)))

    def stays(self) -> bool:
        """Whether they only say what or until when not to be asked, who shall not come again, or who reads along."""
        if Act.NOT_AGAIN in self.acts:
            return True  # "no me manden a Ben otra vez"
        if Act.PHONE_IS_READ in self.acts and self.situation.is_(Role.NOBODYS_HELPER):
            return True  # "no me manden mensajes porque mi marido los lee"
        rests = Act.GOES_AWAY in self.acts and (self.reading.meaning.when is not None or when.span(self.text))
        return bool(rests or not STAYING.isdisjoint(self.acts)) and self.situation.is_(Role.VOLUNTEER)

    def fits(self, rule: ActRule[Any]) -> bool:
        """Whether words of this kind may do that: who offers legal help needs none."""
        return rule.offers_too or self.reading.meaning.kind is not Kind.OFFER

    def acted(self, rule: ActRule[Any]) -> Free:
        """What they do by it, what they need beside it, and in which language if nothing else tells."""
        done, meaning = self.acts.get(rule.act), self.reading.meaning
        beside = None
        # "im out of town until monday" has words of a need; who rests and needs something says where.
        only_rests = rule.act is Act.GOES_AWAY and meaning.place is None
        if rule.goes_on and meaning.kind is Kind.ASK and not only_rests:
            told = {each.act for each in self.grammar.act_rules if self.situation.is_(each.to)} | {rule.act}
            beside = self.reading.meaning_without(done for act, done in self.acts.items() if act in told)
            named = {*beside.needs} - {Need.OTHER}
            beside = beside if beside.kind is Kind.ASK and (named or beside.exact) else None
        elif rule.act in WELL_DONE and meaning.kind is Kind.QUESTION and TO_BE_ANSWERED.issuperset(meaning.needs):
            beside = meaning if meaning.needs else None  # help with papers or a job, which a person answers
        if meaning.language is None and done is not None:
            meaning = replace(meaning, language=done.language)
        spent, note = money.taken(self.text, self.phrases, after_number=False) if rule.act in PAID else (None, "")
        return Free(
            self.text,
            meaning,
            spent=spent,
            note=note,
            act=rule.act,
            role=rule.to,
            acts=frozenset(self.acts),
            beside=beside,
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
        mine = not (self.talks_of_else if quote is None else quote.phrase not in RECEIPTS and number is None)
        if question in REPLIES and mine and said in REPLIES[question]:
            if quote is None and self.situation.offers:
                return Ambiguous(offers=self.situation.offers, answer=True)
            return Answer(REPLIES[question][said], "")
        return self.to_an_offer(ANSWERED_BY[said], asked=False) if machine.alone and self.situation.offers else None

    def about_quoted(self, found: Intent) -> Intent:
        """A command without a number, said in reply to a text of ours, is about what that tells of."""
        if not isinstance(found, Order) or found.numbers or found.command not in self.grammar.numbered:
            return found
        if self.grammar.commands[found.command].of_proposals:
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

    def to_an_offer(self, verb: str, *, asked: bool) -> Intent:
        """A yes or no of somebody who was asked about requests: it answers one only if it can mean nothing else."""
        offers, situation = self.situation.offers, self.situation
        if self.quoted is not None and self.quoted in offers:
            return Order(verb, (self.quoted,))
        if asked:
            return Ambiguous(offers=offers, answer=True)
        if self.talks:
            return Ambiguous(offers=offers, verb=verb, talk=True)
        if self.quoted is not None:  # they speak of another one, whatever waits
            return Order(verb, (self.quoted,))
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
        # A voice can be given later; somebody waits for the answer to an offer.
        first = self.situation.offered_last or question is Question.PROPOSAL
        if said in ("yes", "no") and offers and (not choices or first):
            return self.to_an_offer(ANSWERED_BY[said], asked=bool(choices))
        if not choices:
            return None
        if question is Question.PROPOSAL and (self.is_unclear_voice() or not self.begins_with_reply(said)):
            return self.perhaps_a_voice(said)
        beyond = any(w.number is not None and w.number > self.situation.options for w in self.words)
        # "no puedo 42" is no answer, and neither is "no claim 2".
        if said is None and len(self.words) <= SHORT_REPLY and not beyond and not self.denies():
            starts = among(self.reading.begins, choices, self.situation.language)
            said = starts[0][0].name if starts else None
            if len(self.words[0].text) == 1 and len(self.words) > 1:  # "y" is also "and": "y de regreso tambien?"
                said = None
        if said not in choices:
            return None  # not every question has a no
        if said == "yes" and "partly" in choices and any(self.is_word("except_word", w) for w in self.words):
            said = "partly"
        return self.answer(choices[said])
