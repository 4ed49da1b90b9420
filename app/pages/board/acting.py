"""What is done on the board is a text: written as its member would, and taken in like any other.

So the same rules, limits, events and answers follow from a button as from a phone, and the answer also comes to the
phone: whoever holds it hears what is done in their name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.database.engine import is_transient
from app.database.job_queue import NOT_DONE
from app.inbound.receive import Taken
from app.pages import wording
from app.pages.board import members
from app.pages.board.members import Member
from handlers import phrasebook, registry
from handlers.arrivals.situation import LiveSituation
from handlers.turn import Asked, Turn
from handlers.understanding.command import Who
from handlers.understanding.intents import Answer, Intent, Order, Question
from handlers.views.acts import OF_DUTY
from models import lines, people
from models.delivery import told
from models.inbound import BY_PAGE, Heard
from models.store.session import Session

SHOWN = 5  # texts that answer one act
LONGEST = 1000  # characters of somebody's words
FILLERS = (" ", ": ", " - ")  # between the number and words that begin with one themselves


class CannotDo(Exception):
    """An act that cannot be done as it was asked for; its text is a phrase that says why."""


@dataclass(frozen=True)
class Act:
    """What somebody does: a command by its name, about these requests or people, with words of their own.

    `spelling` is one of its other keys in [hear], such as `duty_off`. With `argument`, what its words must come to.
    `said_in` is a language other than theirs, in which they ask to be answered from now on.
    """

    command: str
    numbers: tuple[int, ...] = ()
    words: str = ""
    spelling: str = ""
    argument: Any = None
    said_in: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of an act: its member as they stand now, and the texts that answer it, or why it was not done."""

    member: Member
    said: list[str]
    trouble: str | None = None


def done(member: Member, wanted: Act, form_id: str) -> Outcome:
    """The same as `act`, for a page that shows what came of it. Raises NotLetIn for who put themselves out by it."""
    return _outcome(member, lambda: act(member, wanted, form_id))


def answered(member: Member, question: Question, about: str, choice: int, form_id: str) -> Outcome:
    """The same as `answer`, for such a page."""
    return _outcome(member, lambda: answer(member, question, about, choice, form_id))


def _outcome(member: Member, what: Callable[[], list[str]]) -> Outcome:
    try:
        said = what()
        return Outcome(members.again(member), said)
    except CannotDo as error:
        return Outcome(member, [], str(error))


def act(member: Member, wanted: Act, form_id: str) -> list[str]:
    """Do it; the texts that answer it. The same form sent twice is one act.

    Raises CannotDo: `act.not_let_in` for what duty does, on a device that does not show what duty sees; `act.unclear`
    for words that would mean something else; `act.asked` where they would answer what their phone was asked last;
    `act.away` where the database does not answer, which may yet do it.
    """
    if not member.on_duty and (registry.BY_NAME[wanted.command].by is Who.DUTY or wanted.command in OF_DUTY):
        raise CannotDo("act.not_let_in")
    text = text_of(wanted, wanted.said_in or member.language)
    return _say(member, text, form_id, lambda intent: _is(intent, wanted), "act.asked")


def answer(member: Member, question: Question, about: str, choice: int, form_id: str) -> list[str]:
    """Answer what they were asked last by a digit; the texts that follow.

    Raises CannotDo: `act.not_asked` where their phone was asked nothing, or something else meanwhile, and
    `act.two_things` where the digit is also the number of an offer to them.
    """

    def asked(session: Session) -> Asked | None:
        context, person = member.context(session)
        return context.asked_of(person)

    if not member.on_duty:  # nobody else is asked anything that the board shows
        raise CannotDo("act.not_let_in")
    waits = member.hotline.database.read(asked)
    if waits is None or (waits.question, waits.words) != (question, about):
        raise CannotDo("act.not_asked")
    return _say(
        member,
        str(choice),
        form_id,
        lambda intent: isinstance(intent, Answer) and intent.choice == choice,
        "act.two_things",
    )


def _say(member: Member, text: str, form_id: str, means: Callable[[Intent], bool], otherwise: str) -> list[str]:
    """Text it, if it means that as things stand. Raises CannotDo with `otherwise` if it does not."""
    hotline = member.hotline

    def before(session: Session) -> tuple[Heard, int] | None:
        line = lines.by_id(session, member.line_id)
        home = people.reply_addresses(session, [member.person_id]).get(member.person_id)
        to = line.number(home.channel) if home else None
        if home is None or to is None:
            return None
        sid = f"{BY_PAGE}{member.session_id}-{form_id}"
        heard = Heard(sid, home.channel, home.value, to, text, at=hotline.clock.now())
        if not means(registry.understand(text, _live(member, session, heard)).intent):
            raise CannotDo(otherwise)
        return heard, told.newest_to(session, member.person_id)

    found = hotline.database.read(before)
    if found is None:
        raise CannotDo("act.no_phone")
    heard, after = found
    try:
        taken = hotline.receive(heard).result(timeout=hotline.database_timeout)
    except NOT_DONE as error:
        raise CannotDo("act.away") from error
    except Exception as error:
        if is_transient(error):
            raise CannotDo("act.away") from error
        raise
    if taken is Taken.SEEN:
        return [wording.of(member.language).say("act.pressed")]
    return hotline.database.read(lambda session: _answers(session, member, heard.id, after))


def _answers(session: Session, member: Member, sid: str, after: int) -> list[str]:
    """What the page shows of the answers: nothing of what duty is told, unless it shows what duty sees."""
    say = wording.of(member.language).say
    now = members.look(session, member.hotline, member.key)
    if now is not None and now.watches and not now.on_duty:
        return [say("act.on_your_phone")]
    said = told.answers(session, member.person_id, sid, after, SHOWN)
    return said or [say("act.on_your_phone")]


def _live(member: Member, session: Session, heard: Heard) -> LiveSituation:
    """What may wait for an answer of theirs right now, as it will when the text is read."""
    context, person = member.context(session)
    asked = context.asked_of(person)
    return LiveSituation(Turn(session, context.line, context.now, speaker=person, heard=heard, asked=asked))


def text_of(wanted: Act, language: str) -> str:
    """The text that does it. Raises CannotDo if its words would make it another act: it is read as it will be."""
    verb = registry.BY_NAME[wanted.command].sign
    if not verb:
        verb = phrasebook.book(language).pages["hear"][wanted.spelling or wanted.command][0].upper() + " "
    numbers = " ".join(str(number) for number in wanted.numbers)
    for filler in FILLERS:
        text = f"{verb}{numbers}{filler if numbers else ''}{_words(wanted)}".strip()
        if _is(registry.understand(text).intent, wanted):
            return text
    raise CannotDo("act.unclear")


def _words(wanted: Act) -> str:
    return " ".join(wanted.words.split())[:LONGEST]


def _is(intent: Intent, wanted: Act) -> bool:
    if not isinstance(intent, Order) or intent.command != wanted.command or intent.surplus:
        return False
    if wanted.argument is not None and intent.argument != wanted.argument:
        return False
    said = _words(wanted) == intent.note or (not intent.note and intent.argument is not None)
    return intent.numbers == wanted.numbers and said
