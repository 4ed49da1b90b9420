"""A tap on one of our texts, as phones write it: `Liked “…”`, `👍 to “…”`, `Le gustó “…”`; and an emoji by itself."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.understanding.intents import Mood
from handlers.understanding.words import clean, fold, split

YES = frozenset("👍👌✅✔☑🆗🙋💪🤝❤🧡💛💚💙💜🤎🖤🤍♥💖💗💕💞💓🫡🥰😍💯🫶👊🤙")
NO = frozenset("👎❌🚫🙅⛔✖🚷")
KIND = frozenset("🙏😊🙂😀😃😄😁☺👏🙌🎉😇🤗🫂✨🌟⭐🎊😘😂🤣😅😆‼❗❓❕❔😮😢😭😡🔥💐🌹🌸😉😎🤩👋")
TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f\u200d\u20e3♀♂]")
EMOJI = re.compile(
    "(?:[\u203c\u2049\u231a-\u23ff\u25aa-\u27bf\u2934-\u2b55\U0001f000-\U0001faff][\ufe0e\ufe0f\u200d\u20e3♀♂\U0001f3fb-\U0001f3ff]*)+"
)
OPENING, CLOSING = "“\"«„「『‘‟”'", "”\"»“」』’…'"
QUOTED = re.compile(f"[{re.escape(OPENING)}]")
LONGEST_LEAD = 60  # characters before and after a quote
GENERIC = 4  # words that a phone in a language that we have no list of may say around an emoji
EMPTY = "{}"
QUOTE = "*"


class Tap(NamedTuple):
    """A tap on a text, and the words that it quotes."""

    mood: Mood
    quote: str


class Reactions:
    """What phones write for a tap, in every language that has a list of it."""

    def __init__(self, tables: Sequence[Mapping[str, Any]]) -> None:
        self.moods: dict[str, Mood] = {}
        self.things: set[str] = set()
        for table in tables:
            for mood in Mood:
                for phrase in table.get(mood, ()):
                    self.moods.setdefault(_plain(phrase if QUOTE in phrase else f"{phrase} {QUOTE}"), mood)
            self.things |= {_plain(thing) for thing in table.get("things", ())}
        self.leads = frozenset(phrase.split()[0] for phrase in self.moods)

    def read(self, text: str, ours: Callable[[str], object]) -> Tap | None:
        """The tap that a cleaned text tells of, and nothing besides. `ours` tells whether a quote is of our words."""
        for lead, quote, tail in _quotes(text) if QUOTED.search(text) else ():
            emoji = EMOJI.search(lead) or EMOJI.search(tail)
            mood = self.moods.get(_plain(f"{EMOJI.sub(EMPTY, lead)} {QUOTE} {EMOJI.sub(EMPTY, tail)}"))
            if mood is None and emoji and len(split(lead + tail)) <= GENERIC and ours(quote):
                mood = Mood.OTHER
            if mood is not None:
                tapped = emoji is not None and mood in (Mood.YES, Mood.OTHER)
                return Tap(_mood(emoji[0]) if emoji and tapped else mood, quote)
        return self._thing(text)

    def _thing(self, text: str) -> Tap | None:
        """`Loved an image`: what was tapped has no words."""
        if text.isascii() and not self.leads.intersection(fold(text[:LONGEST_LEAD]).split()):
            return None
        words = _plain(EMOJI.sub(EMPTY, text)).split()
        if not words or words[0] not in self.leads or len(words) > 12:
            return None
        for size in range(1, len(words)):
            mood = self.moods.get(" ".join([*words[:size], QUOTE]))
            if mood is not None and re.sub(r"\b\d+\b", "number", " ".join(words[size:])) in self.things:
                return Tap(mood, "")
        return None


def alone(text: str) -> Mood | None:
    """What emojis say by themselves; None for other text, and for those of which nobody knows."""
    signs = set(TONES.sub("", text).replace(" ", "").strip(".!"))
    if not signs:
        return None
    if signs <= YES | KIND and signs & YES:
        return Mood.YES
    if signs <= NO:
        return Mood.NO
    return None


def _mood(emoji: str) -> Mood:
    signs = set(TONES.sub("", emoji))
    return Mood.YES if signs & YES else Mood.NO if signs & NO else Mood.OTHER


def _quotes(text: str) -> Iterator[tuple[str, str, str]]:
    """The words before a quotation, those in it, and those after it, where these are few."""
    starts = [i for i, c in enumerate(text[:LONGEST_LEAD]) if c in OPENING]
    ends = [i for i in range(len(text) - 1, max(len(text) - LONGEST_LEAD, 0), -1) if text[i] in CLOSING]
    for start in starts[:2]:
        if start and text[start - 1].isalnum() and text[start] in "'’":
            continue  # an apostrophe
        for end in ends[:2]:
            if end > start + 1:
                yield text[:start], text[start + 1 : end], text[end + 1 :]


def _plain(text: str) -> str:
    """A phrase as it is looked up: its words, and the places of the emoji and of the quote."""
    parts = re.split(r"(\{\}|\*)", text)
    return " ".join(
        p if p in (EMPTY, QUOTE) else " ".join(t.text for t in split(clean(p))) for p in parts if p.strip()
    )
