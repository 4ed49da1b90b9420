"""What free words are for: an ask, an offer, a question, or something else.

The rules are tried in their order, and the first that holds decides. Each says which words made it hold, so that a
group that reads `hotline parse --explain` knows which list to mend.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from handlers.understanding.intents import TO_BE_ANSWERED, Kind, Need
from handlers.understanding.lexicon import Mark
from handlers.understanding.marked import CLAUSE, GOODS, Marked

ASKING = ("asking", "requiring", "wishing", "must", "lacking", "wondering")
LONG = 25  # words; a longer text is no bare list
WHERETO = 3  # words at most that name where a ride goes


@dataclass(frozen=True)
class Verdict:
    """What a text is for, and the words that say so."""

    kind: Kind
    because: Sequence[Mark] = ()


def decide(said: Marked) -> Verdict:
    """What the text is for."""
    signs = Signs(said)
    for kind, rule in RULES:
        if because := rule(signs):
            answered = kind is Kind.ASK and signs.to_be_answered()
            return Verdict(Kind.QUESTION if answered else kind, because)
    return Verdict(Kind.QUESTION if "?" in said.text or "¿" in said.text else Kind.OTHER)


@dataclass
class Signs:
    """The rules. Each gives the marks that make it hold; none if it does not."""

    said: Marked

    def of(self, *tags: str) -> list[Mark]:
        """The marks with these tags, but for those in a question of fact: `what papers are needed`."""
        found = self.said.of(*tags)
        if found and self.asked:
            far = len(self.said.words)
            found = [m for m in found if self.asked.get(self.said.clauses[m.first], far) >= m.first]
        return found

    @cached_property
    def asked(self) -> dict[int, int]:
        """Where in a clause a question of fact begins."""
        first: dict[int, int] = {}
        for mark in self.said.of("inquiring"):
            first.setdefault(self.said.clauses[mark.last - 1], mark.first)
        return first

    def weak(self, *tags: str) -> list[Mark]:
        """The same, but for those in a sentence of news or thanks, too."""
        return self.said.meant(self.of(*tags))

    @cached_property
    def named(self) -> list[Mark]:
        """What is named, and not only told of."""
        return self.said.meant([m for m in self.said.named if m.tag != "plight"])

    @cached_property
    def gives(self) -> list[Mark]:
        """Words that offer: by themselves, as `able` with something to do, or as `surplus` of a thing."""
        able = [m for m in self.of("able") if any(self.said.near(m, s, 1) for s in self.said.of("serving"))]
        return [m for m in (*self.of("giving"), *able) if not self.denied(m)]

    def denied(self, offer: Mark) -> bool:
        """Whether it is no offer of one's own: `somebody can bring`, `no puedo cocinar`."""
        lacking = any(m.first < offer.first < m.last for m in self.said.of("lacking"))
        return lacking or self.said.before(offer, 0, "others") is not None

    def danger(self) -> list[Mark]:
        return self.said.of("danger")

    def spam(self) -> list[Mark]:
        """A machine wrote it."""
        return self.said.of("spam")

    def asks(self) -> list[Mark]:
        """`need`, `can someone`, before any word that offers."""
        asking = self.of("asking") or ([] if self.talks() else self.weak("requiring"))
        if self.talks() and not self.said.of("needs", "plight"):
            return []
        first = min((m.first for m in self.gives), default=len(self.said.words))
        # "Any dog owners need kibble" wonders who does.
        return [m for m in asking if m.first < first and not self.said.before(m, 2, "welcoming")]

    def offers(self) -> list[Mark]:
        """`happy to help`, `I can drive`, `giving away`."""
        return self.gives

    def talks(self) -> list[Mark]:
        """Talk among friends, where a need would want a clearer word."""
        return self.said.of("private")

    def tells(self) -> list[Mark]:
        """News and thanks, and nothing beside them."""
        return self.said.of("report")

    def welcomes(self) -> list[Mark]:
        """`if you need`, `anybody hungry`, beside something to give."""
        welcome = self.of("welcoming")
        given = self.said.of("having", "able", "surplus", "serving", "reaching")
        return [*welcome, *given] if welcome and given else []

    def spares(self) -> list[Mark]:
        """`extra room`, `free sofa`, `coats, like new`: a thing that somebody does not need."""
        near = self.said.near
        for s in self.weak("surplus"):
            for m in self.said.of("needs", "everyday"):
                close = near(s, m, 1) or m.first <= s.first <= m.last
                if m.tag == "needs":
                    close = close or near(s, m, 4) or near(m, s, 8)
                if close and not self.said.before(m, 1, "lacking"):
                    return [s, m]
        return []

    def suffers(self) -> list[Mark]:
        """How a need feels: `hungry`, `we were evicted`; or anything named that cannot wait."""
        return self.weak("plight") or (self.said.of("urgent") if self.weak("needs") else [])

    def lacks(self) -> list[Mark]:
        """`no food`, `out of insulin`."""
        return self.paired("lacking", 1)

    def must(self) -> list[Mark]:
        """`need to get diapers`; but not "need to go to bed"."""
        named = [m for m in self.said.of("needs") if not self.said.whereabouts(m)]
        return next(([s, m] for m in named for s in self.weak("must") if self.said.near(s, m, 7)), [])

    def wishes(self) -> list[Mark]:
        """`would love a hot meal`."""
        return self.paired("wishing", 7)

    def paired(self, tag: str, within: int) -> list[Mark]:
        """A sign and the need that follows it so soon."""
        signs = [s for s in self.weak(tag) if not self.said.before(s, 2, "welcoming")]
        return next(([s, m] for m in self.named for s in signs if self.said.near(s, m, within)), [])

    def beside(self) -> list[Mark]:
        """`our roof collapsed`, `insulina para mi mamá`: words close by that make a request of a need."""
        near = self.said.near
        counted = [m for m in self.said.of("for") if any(near(m, p, 1) for p in self.said.of("people", "everybody"))]
        beside = [*self.weak("beside"), *counted]
        return next(([m, s] for m in self.named for s in beside if near(s, m, 6) or near(m, s, 6)), [])

    def has(self) -> list[Mark]:
        """`we have blankets`."""
        goods = [m for m in self.named if m.need in GOODS]
        return next(([s, m] for m in goods for s in self.weak("having") if self.said.near(s, m, 6)), [])

    def wonders(self) -> list[Mark]:
        """A question of fact."""
        return self.said.of("inquiring", "wondering")

    def lists(self) -> list[Mark]:
        """A list of needs with hardly another word: `groceries, diapers`; or one to begin with: `Diapers? size 3`."""
        said = self.said
        listed = said.of("needs")
        if not listed or "chat" in said.tagged or len(said.words) >= LONG:
            return []
        told = said.placed | said.timed | {i for m in said.marks for i in range(m.first, m.last)} | self.whereto()
        ours = said.lexicon.filler | said.lexicon.numbers.keys()
        silent = [w for i, w in enumerate(said.words) if i not in told and w.text not in ours]
        silent = [w for w in silent if not w.text[0].isdigit() and (not w.start or not said.text[w.start].isupper())]
        if len(silent) <= len(listed) // 2:
            return listed
        first = CLAUSE.search(said.text)
        begun = [m for m in listed if first and said.words[m.last - 1].end <= first.start()]
        return begun if begun and first and min(w.start for w in silent) > first.start() else []

    def whereto(self) -> set[int]:
        """The few words that say where a ride goes: `ride to court friday`."""
        said = self.said
        rides = [m for m in said.of("needs") if m.need is Need.TRANSPORT]
        leads = [t for t in said.of("toward") if any(m.first < t.first <= m.last for m in rides)]
        within = {i for t in leads for i in range(t.last, min(t.last + WHERETO, len(said.words)))}
        return {i for i in within if any(said.clauses[i] == said.clauses[t.last - 1] for t in leads)}

    def to_be_answered(self) -> bool:
        """Whether it asks for nothing but a job, papers or information, and for nobody to come along."""
        named = [m for m in self.said.named if m.need and m.need is not Need.OTHER]
        if not named or self.said.of("errand", "danger"):
            return False
        # "For my mother, losartan. Any information helps" asks for more than that.
        return all(
            m.need in TO_BE_ANSWERED and (m.need is not Need.INFORMATION or self.said.before(m, 3, *ASKING))
            for m in named
        )


Rule = Callable[[Signs], list[Mark]]
RULES: Sequence[tuple[Kind, Rule]] = (
    (Kind.ASK, Signs.danger),
    (Kind.OTHER, Signs.spam),
    (Kind.ASK, Signs.asks),
    (Kind.OFFER, Signs.offers),
    (Kind.OTHER, Signs.talks),
    (Kind.ASK, Signs.suffers),
    (Kind.ASK, Signs.lacks),
    (Kind.ASK, Signs.must),
    (Kind.ASK, Signs.wishes),
    (Kind.OFFER, Signs.welcomes),
    (Kind.OFFER, Signs.spares),
    (Kind.ASK, Signs.beside),
    (Kind.OFFER, Signs.has),
    (Kind.OTHER, Signs.tells),
    (Kind.QUESTION, Signs.wonders),
    (Kind.ASK, Signs.lists),
)
