"""The guided story: from a neighbor's words to help at the door, told on the simulated phones, a text at a time.

Nothing is staged. Every step is a text typed on a phone, and what follows is whatever the hotline does with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from app.simulator import threads
from app.simulator.phones import Phones, reserved
from app.simulator.threads import Phone
from models import assignments, lines, offers, requests
from models.lines import Channel, Line
from models.requests import Outcome, Request
from models.store.session import Session

# The first of each name whose bearer is free, or who is not on the table yet; two people of one name would confuse.
NEIGHBORS = ("Rosa", "Vera", "Nell", "Ines")
VOLUNTEERS = ("Ben", "Dee", "Kim", "Eli", "Ada", "Tom")
LASTS = timedelta(hours=1)  # by the hotline's clock, at most
OPENING = "Hi, we are all sick at home. Could someone bring groceries for 3 today? I'm near Oak St"


@dataclass(frozen=True)
class Step:
    """One text: who types it, what it says, and what it shows. {n} is the request's number."""

    by_neighbor: bool
    says: str
    means: str
    to_other_side: bool = False


SCRIPT = (
    Step(
        True,
        OPENING,
        "{neighbor} texts the hotline in her own words, and {asked} what is needed, but not who asked.",
    ),
    Step(
        False,
        "CLAIM {n}",
        "{helper} takes it with one short text. {neighbor} learns who comes,"
        " and both get a code word to know each other by at the door.",
    ),
    Step(
        False,
        "I can be there at 5. Anything you don't eat?",
        "What {helper} writes now goes to {neighbor} through the hotline, and neither sees the other's number.",
        to_other_side=True,
    ),
    Step(
        True,
        "No peanuts please. 24 Oak St, apt 3, just knock. Thank you so much!",
        "{neighbor} simply answers. Only {helper} learns at which door.",
        to_other_side=True,
    ),
    Step(
        False,
        "DONE {n}",
        "{helper} says that it is delivered. The hotline does not take that as the end of it: it asks {neighbor}.",
    ),
    Step(True, "1", "{neighbor} answers with a single digit."),
)


@dataclass(frozen=True)
class Story:
    """How far a telling has come. `phones` are by role; `helper` is known once somebody was asked."""

    line_id: int
    neighbor: Phone
    volunteers: tuple[Phone, ...]
    told: int = 0
    helper: Phone | None = None
    number: int | None = None
    before: int = 0  # the neighbor's last request before the story
    asked: tuple[str, ...] = ()
    outcome: Outcome | None = None
    stuck: bool = False
    said: tuple[str, str] | None = None  # the last text: whose, and its words
    after_night: bool = False  # it waited for the morning, when volunteers are asked

    @property
    def over(self) -> bool:
        """Nothing more to tell."""
        return self.stuck or self.told == len(SCRIPT)

    @property
    def stage(self) -> int | None:
        """The phone on which the last text was typed."""
        if not self.told:
            return None
        spoke = self.neighbor if SCRIPT[self.told - 1].by_neighbor else self.helper
        return spoke.id if spoke else None

    @property
    def next(self) -> str:
        """What the next step will be, in a few words."""
        if self.over:
            return ""
        step = SCRIPT[self.told]
        who = self.neighbor if step.by_neighbor else self.helper
        says = "asks for help" if not self.told else _short(step.says.format(n=self.number))
        return f"{who.name} {says}" if who else says

    @property
    def sentence(self) -> str:
        """What just happened, or what is about to."""
        if self.stuck:
            return (
                "The hotline understood something else than the story expects, so it ends here. The phones are yours."
            )
        if not self.told:
            night = "At night nobody is asked for groceries, so the clock went forward to the morning. "
            return (
                f"{night if self.after_night else ''}"
                f"Meet {self.neighbor.name}, who needs groceries, and {_listed([p.name for p in self.volunteers])},"
                " who can help. Each has a phone on the table and nothing else: no app, no account."
            )
        said = SCRIPT[self.told - 1].means.format_map(self._names())
        return f"{said} {self._ending()}" if self.over else said

    def _names(self) -> Mapping[str, object]:
        if self.asked:
            phones = "phone buzzes" if len(self.asked) == 1 else "phones buzz"
            asked = f"{_listed([f'{_possessive(name)}' for name in self.asked])} {phones}: they see"
        else:
            asked = "volunteers who text LIST see"
        helper = self.helper.name if self.helper else "Somebody"
        return {"neighbor": self.neighbor.name, "helper": helper, "n": self.number, "asked": asked}

    def _ending(self) -> str:
        if self.outcome is Outcome.FULFILLED:
            return f"Request #{self.number} is fulfilled. Now it is your turn: type on any phone."
        ended = f"ended as {self.outcome}" if self.outcome else "is still open"
        return f"Request #{self.number} {ended}. Now it is your turn: type on any phone."


def begin(phones: Phones, line_id: int) -> Story:
    """Put everybody's phone on the table; who is there from an earlier telling and free takes part again.

    In the line's quiet hours, or shortly before them, the clock goes forward to the morning.
    """
    line = next(line for line in phones.lines() if line.id == line_id)
    waited = _until_morning(phones, line)
    channel = Channel.SMS if line.sms else Channel.WHATSAPP
    here = {phone.name for phone in phones.all(line_id)}
    free = phones.hotline.database.read(lambda session: _free(session, line_id))
    name = _pick(NEIGHBORS, free, here, 1)[0]
    neighbor = free.get(name) or phones.add_neighbor(line_id, name, channel)
    volunteers = tuple(
        free.get(name) or phones.add_volunteer(line_id, name, channel, language="en")
        for name in _pick(VOLUNTEERS, free, here, 2)
    )
    last = phones.hotline.database.read(lambda session: requests.last_of(session, neighbor.person.id))
    return Story(line_id, neighbor, volunteers, before=last.number if last else 0, after_night=waited)


def _until_morning(phones: Phones, line: Line) -> bool:
    """Let the night pass if the story could not be told before it ends; whether it had to."""
    now = phones.hotline.clock.now()
    if lines.waking(line).after(now, LASTS) == now + LASTS:
        return False
    phones.pass_time(lines.morning(line, now) - now)
    return True


def tell(phones: Phones, story: Story) -> Story:
    """Play the next step; the story as it stands after it."""
    if story.over:
        return story
    step = SCRIPT[story.told]
    speaker = story.neighbor if step.by_neighbor else story.helper
    if speaker is None:
        return replace(story, stuck=True)
    words = step.says.format(n=story.number)
    if step.to_other_side and not phones.hotline.database.read(lambda session: _only_match(session, speaker)):
        words = f"@{story.number} {words}"
    phones.say(story.line_id, speaker.id, words)
    told = replace(story, told=story.told + 1, said=(speaker.name, words))
    return phones.hotline.database.read(lambda session: _look(session, told))


def _look(session: Session, story: Story) -> Story:
    """Notice what the hotline made of the last step."""
    request = (
        requests.last_of(session, story.neighbor.person.id)
        if story.number is None
        else requests.by_number(session, story.line_id, story.number)
    )
    if request is None or request.number <= story.before:
        return replace(story, stuck=True)
    if story.helper is not None:
        return replace(story, outcome=request.outcome)
    asked = _asked(session, story.line_id, request)
    # On a busy hotline others were asked first. Whoever it was plays the part, for their phone is on the table too.
    chosen = [p for p in asked if p.id == story.volunteers[0].id] or asked or list(story.volunteers)
    return replace(story, number=request.number, helper=chosen[0], asked=tuple(p.name for p in asked))


def _asked(session: Session, line_id: int, request: Request) -> list[Phone]:
    order = threads.asked(session, request.id)
    by_person: dict[int, Phone] = {}
    for phone in threads.phones(session, line_id):
        by_person.setdefault(phone.person.id, phone)
    return [by_person[person_id] for person_id in order if person_id in by_person]


def _pick(names: tuple[str, ...], free: Mapping[str, Phone], here: set[str], count: int) -> list[str]:
    fit = [name for name in names if name in free or name not in here]
    return [*fit, *(name for name in names if name not in fit)][:count]


def _free(session: Session, line_id: int) -> dict[str, Phone]:
    """Who could play a part again: nothing asked, nothing in hand, not away."""
    found: dict[str, Phone] = {}
    kept_free = reserved(lines.by_id(session, line_id))
    for phone in threads.phones(session, line_id):
        person = phone.person
        if phone.address.value not in kept_free or person.opted_out_at or person.away_until:
            continue
        if person.name in NEIGHBORS and not person.helper_since:
            free = not requests.live_of(session, person.id)
        else:
            free = person.name in VOLUNTEERS and person.helps and not assignments.held_by(session, person.id)
            free = free and not offers.pending_numbers(session, person.id)
        if free:
            found.setdefault(person.name, phone)
    return found


def _only_match(session: Session, phone: Phone) -> bool:
    own = [r for r in requests.live_of(session, phone.person.id) if r.state in requests.TALKING]
    return len(own) + len(assignments.held_by(session, phone.person.id)) == 1


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _possessive(name: str) -> str:
    return f"{name}'s"


def _short(words: str) -> str:
    return f"texts “{words if len(words) <= 40 else words[:39].rstrip() + '…'}”"
