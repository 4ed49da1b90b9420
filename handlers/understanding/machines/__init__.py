"""What no person wrote: taps on a text, automatic replies, carriers' notices, our own words sent back, adverts.

Each language has a file beside this one with what its phones, carriers and firms say. A text that tells of danger or
asks for something is a person's, whatever else is in it; where in doubt it is a person's, too.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from handlers.understanding import danger, echoes, reactions
from handlers.understanding.intents import Machine, MachineKind, Quote
from handlers.understanding.patterns.wordings import Wording, Wordings
from handlers.understanding.reactions import Reactions, Tap
from handlers.understanding.words import Token
from handlers.wording import lures

KINDS = (MachineKind.AUTO_REPLY, MachineKind.NOTICE, MachineKind.ADVERT)
BAITS = 2  # signs of an advert that make one where there is a link; one is not enough
VOICEMAIL = re.compile(r"^\[?(?:voicemail|voice ?mail|missed call|buz[oó]n)[\]:]", re.IGNORECASE)
RECEIPT = re.compile(r"\bid:\w+ sub:\d+ dlvrd:\d+", re.IGNORECASE)  # SMPP
SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")


@cache
def wordings() -> Wordings:
    """The signs as written in the files beside this one."""
    return Wordings.of(Path(__file__).parent)


@cache
def taps() -> Reactions:
    """How phones of all languages write taps."""
    return Reactions([table["reaction"] for table in wordings().tables.values() if "reaction" in table])


def tapped(text: str) -> Tap | None:
    """The tap on a text that a cleaned text is."""
    return taps().read(text, echoes.quote_of)


def read(
    text: str, tokens: Sequence[Token], *, in_danger: bool, quote: Quote | None = None, tap: Tap | None = None
) -> Machine | None:
    """What a cleaned text is, if no person wrote it. `quote` is what of ours was taken out of it."""
    if quote is not None and not tokens:
        return Machine(MachineKind.ECHO, quote=quote)
    if tap is not None:
        return _tapped(tap, in_danger=in_danger)
    found = wordings().find(text, tokens)
    kind = _kind(text, found)
    if kind is None or any(wording.name == "person.asks" for wording in found):
        return None
    if in_danger and (kind is MachineKind.ADVERT or danger.read(_without_formulas(text, found))):
        return None
    return Machine(kind)


def _tapped(tap: Tap, *, in_danger: bool) -> Machine | None:
    """A tap on a text: whatever it quotes of ours was not said by who tapped."""
    quote = echoes.quote_of(tap.quote)
    if quote is None and (in_danger or danger.read(tap.quote)):
        return None
    return Machine(MachineKind.REACTION, mood=tap.mood, quote=quote)


def _kind(text: str, found: Sequence[Wording]) -> MachineKind | None:
    names = [wording.name for wording in found]
    for kind in KINDS:
        if f"{kind}.sure" in names:
            return kind
    if VOICEMAIL.search(text) or RECEIPT.search(text):
        return MachineKind.NOTICE
    if names.count("advert.bait") >= BAITS and lures.found(" ".join(text.split())) is lures.Lure.LINK:
        return MachineKind.ADVERT
    return None


def _without_formulas(text: str, found: Sequence[Wording]) -> str:
    """The text without what warns everybody and tells of nobody: `If this is an emergency, call 911.`"""
    kept = text
    for wording in found:
        if wording.name == "person.formula":
            kept = kept.replace(text[wording.start : wording.end], " ")
        elif wording.name == "person.warning":
            for sentence in SENTENCE.finditer(text):
                if wording.start < sentence.end() and sentence.start() < wording.end:
                    kept = kept.replace(sentence[0], " ")
    return kept


def emoji(text: str) -> Machine | None:
    """A thumb or a heart by itself: the answer to what we said last, if to anything."""
    mood = reactions.alone(text)
    return Machine(MachineKind.REACTION, mood=mood, alone=True) if mood else None
