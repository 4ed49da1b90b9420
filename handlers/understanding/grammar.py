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

from handlers.understanding import echoes, machines, typed
from handlers.understanding.intents import (
    Free,
    Mood,
    Order,
    Silence,
    Understood,
)
from handlers.understanding.phrases import among
from handlers.understanding.reading import Reading, without_courtesy
from handlers.understanding.sentence import Sentence
from handlers.understanding.situation import NO_SITUATION, Situation
from handlers.understanding.vocabulary import Vocabulary
from handlers.understanding.words import clean, split


class Grammar(Vocabulary):
    """Understands texts as these commands, in the words of these languages."""

    def read(self, body: str) -> Reading:
        """Take a text apart: what it says by itself, whoever sent it."""
        text, quote, edited = clean(body), None, False
        if (tap := machines.tapped(text)) and tap.mood is Mood.EDITED:  # what they wrote before is to read so now
            text, tap, edited = tap.quote.strip(), None, True
        tokens = split(text)
        if tap is None:
            text, quote = echoes.apart(text, tokens)
            tokens = split(text) if quote else tokens
        tokens = typed.unglued(tokens, self._takes_numbers)
        words = without_courtesy(tokens, self.phrases)
        begins = self.phrases.at_start(words)
        told = among(begins, self.telling, "en")
        language = told[0][0].language if told else None
        if told and told[0][1] < len(words) and len({p.language for p, size in told if size == told[0][1]}) > 1:
            language = None  # "no me manden mensajes": a word of several languages, and what follows tells which
        return Reading(text, tokens, words, begins, self.lexicons, language, quote, tap, edited)

    def _takes_numbers(self, word: str) -> bool:
        """Whether a word by itself is a command about requests, or a harmless one mistyped."""
        known = self.phrases.phrases.get((word,), ())
        meant = self.phrases.forgiving(word)
        return any(p.name in self.numbered and not p.everyday for p in (*known, *([meant] if meant else ())))

    def understand(self, said: str | Reading, situation: Situation = NO_SITUATION) -> Understood:
        """What a text means to somebody in this situation. Never raises."""
        reading = said if isinstance(said, Reading) else self.read(said)
        intent = Sentence(self, reading, situation).intent()
        if isinstance(intent, Free | Silence):
            return Understood(intent, intent.meaning.language, intent.meaning.danger)
        return Understood(
            intent, reading.language, reading.danger_in(intent.note) if isinstance(intent, Order) else None
        )
