"""What may be waiting for a person's answer: with it, `1`, "yes" and a few other words mean something else."""

from dataclasses import dataclass
from typing import Protocol

from handlers.understanding.intents import Question, Role


class Situation(Protocol):
    """Somebody's situation. What is costly to find out is asked for only when it matters."""

    @property
    def language(self) -> str: ...
    @property
    def question(self) -> Question | None: ...
    @property
    def options(self) -> int: ...
    @property
    def asked_last(self) -> bool: ...
    @property
    def offers(self) -> tuple[int, ...]: ...
    @property
    def offered_last(self) -> bool: ...
    @property
    def own(self) -> tuple[int, ...]: ...
    @property
    def opted_out(self) -> bool: ...
    @property
    def helpers(self) -> tuple[str, ...]: ...
    @property
    def called(self) -> str: ...
    def is_(self, role: Role) -> bool: ...
    @property
    def quoted(self) -> int | None: ...
    @property
    def in_danger(self) -> bool: ...


@dataclass(frozen=True)
class KnownSituation:
    """A situation that is known in full."""

    language: str = "en"
    question: Question | None = None
    options: int = 0  # how many numbered answers the question has
    asked_last: bool = True  # whether we have said nothing else to them since: a proposal, then words of a neighbor
    offers: tuple[int, ...] = ()  # requests they were asked about and have not answered
    offered_last: bool = True  # whether that is what we said to them last: a short yes or no answers it
    own: tuple[int, ...] = ()  # requests of their own that are not over
    helpers: tuple[str, ...] = ()  # the first names, folded, of who helps or has helped them
    called: str = ""  # their own first name as we know it, folded
    opted_out: bool = False
    quoted: int | None = None  # the request that the text of ours tells of to which theirs is a reply
    in_danger: bool = False  # whether a request of theirs tells of danger
    roles: frozenset[Role] = frozenset()

    def is_(self, role: Role) -> bool:
        """Whether they are this to the hotline."""
        return role in self.roles


NO_SITUATION = KnownSituation()
