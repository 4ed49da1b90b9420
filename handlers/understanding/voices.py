"""A voice to a proposal in plain words: when a yes or no is one, for it counts for all."""

from dataclasses import dataclass

from handlers.understanding.intents import Answer, Kind, Question
from handlers.understanding.orders import VOICES, Orders
from handlers.understanding.phrases import among
from handlers.understanding.words import Token

LONGEST_BEGIN = 7  # words: "i wont stand in the way"
SHORT_REPLY = 6  # words: "yes thank you so much", "no nobody has come"


@dataclass(frozen=True)
class Voices(Orders):
    """One text in one situation, as an answer to a proposal."""

    def is_unclear_voice(self) -> bool:
        """Whether we asked about a proposal, and this is no plain yes or no to it.

        It says something else beside, asks something, or may be meant for whom they are talking with: "no
        electricity" and "yes, I'm at the office" are no voices.
        """
        if self.situation.question is not Question.PROPOSAL:
            return False
        return self.text.endswith("?") or not self.is_all_voice() or self.talks_of_else

    def is_all_voice(self) -> bool:
        """Whether every word says yes or no, or likes or dislikes what was proposed."""
        return all(self._is_in_a_voice(word) for word in self.words)

    def _is_in_a_voice(self, word: Token) -> bool:
        replies = (phrase.name for phrase in self.phrases.whole([word], self.situation.language))
        return self.is_word("voice_word", word) or not {"yes", "no"}.isdisjoint(replies)

    def begins_with_reply(self, said: str | None) -> bool:
        """Whether it is a yes or no, as `said` tells, or a short text that begins with one."""
        begins = among(self.reading.begins, ("yes", "no"), self.situation.language)
        return said is not None or (bool(begins) and len(self.words) <= SHORT_REPLY)

    def is_in_a_sentence(self) -> bool:
        """Whether it begins as people agree or disagree in a sentence: "no, i dont agree because i work nights".

        Not while they talk with somebody, or where an offer waits: it may be about that.
        """
        if self.situation.question is not Question.PROPOSAL or self.talks or self.situation.offers:
            return False
        meaning = self.reading.meaning
        if self.text.endswith("?") or (meaning.kind is Kind.ASK and meaning.place is not None):
            return False  # "not for me, groceries for my mom at 9 Oak St"
        replies = among(self.reading.begins, ("yes", "no"), self.situation.language)
        starts = (0, *(size for _, size in replies))
        said = [word.text for word in self.words]
        return any(
            self.phrases.is_function_word("voice_begins", *said[start : start + size])
            for start in starts
            for size in range(1, LONGEST_BEGIN + 1)
        )

    def perhaps_a_voice(self, said: str | None) -> Answer | None:
        """What is nearly a voice is asked about, unless it is a need, a question, or talk with somebody."""
        meaning = self.reading.meaning
        asks = meaning.kind in (Kind.ASK, Kind.QUESTION) or bool(meaning.needs) or self.text.endswith("?")
        if self.is_in_a_sentence():
            return self.answer()
        named = among(self.reading.begins, VOICES, self.situation.language)
        perhaps = self.begins_with_reply(said) or self.is_all_voice() or bool(named)
        return self.answer() if perhaps and not self.talks and not asks else None
