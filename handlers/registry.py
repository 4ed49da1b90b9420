"""What people can text us to do, each command declared once; and who acts on what is said otherwise.

Read COMMANDS like a table of contents. What a row can say is told in handlers/understanding/command.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Any

from handlers import free, questions, service
from handlers.act_rules import ACTS
from handlers.arrivals import arriving, button_answers, edits, forwarded, no_command
from handlers.arrivals.situation import LiveSituation
from handlers.asking import silent, waiting
from handlers.decisions import agenda, proposals, which_proposal
from handlers.distributions import distro, distro_answers, distro_table
from handlers.goods import giving, pledges, stock
from handlers.helping import at_door, browse, carry, claim, in_hand, problem, volunteer_talk
from handlers.members import (
    availability,
    board,
    changed_number,
    digest,
    forgetting,
    households,
    join,
    my_data,
    removing,
    welcoming,
)
from handlers.money import purse
from handlers.needs import ask, intake, own, receipt
from handlers.on_duty import broadcast, desk, duty, moving, reach_person, shifts, tap
from handlers.pauses import ending, pause
from handlers.repeating import again, repeats
from handlers.rules import history, own_answers, rules_text, who
from handlers.safety import danger, discreet, silence, watching
from handlers.talking import relay
from handlers.turn import Text, Texts, Turn
from handlers.understanding import arguments, distro_words, money, shift_words
from handlers.understanding.arguments import Argument
from handlers.understanding.command import Command, Note, Told, Who
from handlers.understanding.grammar import Grammar
from handlers.understanding.intents import (
    OPEN_QUESTIONS,
    Act,
    Ambiguous,
    Answer,
    Deleted,
    Edited,
    Forwarded,
    Free,
    Intent,
    Kind,
    Machine,
    MayStop,
    Order,
    Pressed,
    Question,
    Role,
    Safe,
    Silence,
    Understood,
    Wordless,
    WrongNumber,
)
from handlers.understanding.reading import Reading
from handlers.understanding.situation import NO_SITUATION, Situation
from handlers.where import doors
from handlers.wording.summary import Ours

Handler = Callable[[Turn, Order], Texts]


AWAY = Argument("hours", arguments.away, in_words=True, optional=True)
COUNT = Argument("count", arguments.count, in_words=True)
KINDS = Argument("needs", arguments.kinds, in_words=True)
EVERYWHERE = Argument("everywhere", arguments.everywhere, in_words=True, optional=True)
PROPOSED = Argument("proposed", arguments.proposed, in_words=True, optional=True)
PROPOSAL_OFF = Argument("off", arguments.proposal_off)
ON = Argument("on", arguments.on)
BRAKE = Argument("on", arguments.brake)
TAP = Argument("tap", arguments.tap, in_words=True, optional=True)
WAKE = Argument("on", arguments.wake)
SHIFT = Argument("turn", shift_words.turn, in_words=True, optional=True)
TO_MANY = Argument("to", arguments.to_many, in_words=True, optional=True)
DISTRO = Argument("distribution", distro_words.distro, in_words=True, optional=True)
HERE = Argument("here", distro_words.here, in_words=True)
DIGEST = Argument("on", arguments.digest)
QUIET = Argument("hours", arguments.quiet, in_words=True, optional=True)
SPAN = Argument("hours", arguments.hours_of_day, in_words=True, optional=True)
UNTIL = Argument("until", arguments.until, in_words=True, optional=True)
GIFT = Argument("gift", arguments.gift, in_words=True, optional=True)
NO_GIFT = Argument("gift", arguments.no_gift, in_words=True, optional=True)
STOCK = Argument("stock", arguments.stock, in_words=True, optional=True)
SPENT = Argument("spent", money.spent, in_words=True, optional=True)
GAVE = Argument("gave", money.gave, in_words=True, optional=True)
ENTRIES = Argument("entries", money.entries, in_words=True)
WHY = Argument("why", money.why, in_words=True)
CODE = Argument("code", arguments.language)
LOOKED = Argument("what", arguments.looked, in_words=True, optional=True)
BY_CARRIER = Argument("by_carrier", arguments.by_carrier)

COMMANDS: tuple[Command[Handler], ...] = (
    # who asked for help
    Command("status", own.status, numbers=True, typo_forgiven=True),
    Command("more", own.more, numbers=True, note=Note.ONE_OWN),
    Command("nevermind", own.nevermind, numbers=True),
    Command("again", again.again, numbers=True, gives_way_to=frozenset({Question.PLACE, Question.NAME}),
            told=Told.README),
    # The text that tells of a need that comes again tells of these, and of SKIP, which is PASS for who was asked.
    Command("nomore", repeats.nomore, numbers=True, told=Told.README),
    Command("repeats", repeats.repeats, numbers=True, told=Told.README),
    Command("person", reach_person.person),
    Command("quiet", discreet.quiet, spellings=("quiet_off",), argument=QUIET, typo_forgiven=True, told=Told.README),
    Command("read", discreet.read, told=Told.README),
    Command("join", join.join),
    # who helps: to others, `pass`, `omw`, `drop` and their kin say that nothing of theirs goes by that number
    Command("claim", claim.claim, Who.VOLUNTEER, numbers=True, typo_forgiven=True, commits=True),
    # The text that offers several tells it.
    Command("claim_all", claim.claim_all, Who.VOLUNTEER, commits=True, told=Told.README),
    Command("pass", repeats.skip, spellings=("skip",), numbers=True, commits=True, told=Told.HELPERS),
    Command("omw", carry.omw, numbers=True, note=Note.SET_OFF, commits=True, told=Told.HELPERS),
    Command("done", carry.done, numbers=True, money=True, note=Note.SET_OFF, commits=True, told=Told.HELPERS),
    Command("drop", carry.drop, numbers=True, note=Note.SET_OFF, commits=True, told=Told.HELPERS),
    Command("nothome", at_door.not_home, numbers=True, note=Note.SET_OFF, commits=True, told=Told.HELPERS),
    Command("problem", problem.problem, numbers=True, told=Told.HELPERS),
    Command("relay", relay.relay, sign="@", numbers=True, commits=True, told=Told.HELPERS),
    Command("list", browse.list_, Who.VOLUNTEER, gives_way_to=OPEN_QUESTIONS),
    Command("info", browse.info, numbers=True, told=Told.HELPERS),
    Command("mine", browse.mine, told=Told.HELPERS, gives_way_to=OPEN_QUESTIONS),
    Command("away", availability.away, Who.JOINED, argument=AWAY),
    Command("back", availability.back, Who.JOINED, gives_way_to=OPEN_QUESTIONS),
    Command("max", availability.max_, Who.JOINED, argument=COUNT),
    Command("digest", digest.digest, Who.VOLUNTEER, spellings=("digest_off",), argument=DIGEST),
    Command("hours", availability.hours, Who.JOINED, argument=SPAN, gives_way_to=OPEN_QUESTIONS),
    Command("only", availability.only, Who.JOINED, argument=KINDS),
    Command("area", availability.area, Who.JOINED, argument=EVERYWHERE, note=Note.ARGUMENT,
            gives_way_to=frozenset(Question)),
    Command("vouch", join.vouch, Who.VOLUNTEER, numbers=True, refusal="vouch_not_yours"),
    Command("duty", duty.duty, Who.VOLUNTEER, spellings=("duty_on", "duty_off"), argument=ON,
            refusal="duty_not_yours"),
    Command("wake", watching.wake, Who.VOLUNTEER, spellings=("wake_on", "wake_off"), argument=WAKE),
    Command("roster", shifts.roster, Who.VOLUNTEER, refusal="duty_not_yours"),
    Command("shift", shifts.shift, Who.VOLUNTEER, argument=SHIFT, refusal="duty_not_yours"),
    # The text that asks for cover tells of it; it is wanted at no other time.
    Command("cover", shifts.cover, Who.VOLUNTEER, argument=SHIFT, refusal="duty_not_yours", told=Told.README),
    Command("who", who.who, Who.VOLUNTEER, numbers=True),
    # The answer to DONE with an amount tells of these, and each of them of the next.
    Command("spent", purse.spent, Who.VOLUNTEER, argument=SPENT, told=Told.README),
    Command("gave", purse.gave, Who.VOLUNTEER, argument=GAVE, told=Told.README),
    Command("approve", purse.ok, Who.VOLUNTEER, argument=ENTRIES, told=Told.README, tells_language=False),
    Command("why", purse.why, Who.VOLUNTEER, argument=WHY, told=Told.README),
    Command("purse", purse.purse_, Who.VOLUNTEER, gives_way_to=OPEN_QUESTIONS, told=Told.README),
    # No room in the help texts: the result of a proposal and the board tell of these.
    Command("rules", rules_text.rules, Who.VOLUNTEER, argument=LOOKED, told=Told.README),
    Command("history", history.history, Who.VOLUNTEER, argument=LOOKED, told=Told.README),
    # The link is for who asks for it: no room in the help texts, and who is told of it by others will ask.
    Command("board", board.board, Who.VOLUNTEER, told=Told.README),
    Command("logout", board.logout, told=Told.README),
    # The answer to NEW NUMBER tells the code; whoever has another phone says so in words of their own.
    Command("new_number", changed_number.new_number, told=Told.README),
    Command("code", changed_number.code, numbers=True, told=Told.README),
    # The answer to what somebody would give tells how to end it; the rest is for who looks for it.
    Command("offer", pledges.offer, argument=GIFT, note=Note.ARGUMENT, told=Told.README),
    Command("my_offers", pledges.mine, told=Told.README),
    Command("offers", pledges.list_, told=Told.README),
    Command("gone", pledges.gone, argument=NO_GIFT, note=Note.ARGUMENT, told=Told.README),
    Command("keep", stock.keep, numbers=True, told=Told.README),
    # Its answer tells the code, and how to undo it.
    Command("household", households.household, numbers=True, told=Told.README, gives_way_to={Question.NEED}),
    Command("leave_household", households.leave, told=Told.README),
    # what the group decides together: the text that asks tells of these, and PROPOSE alone of how it goes
    Command("propose", proposals.propose, Who.VOLUNTEER, argument=PROPOSED, note=Note.ARGUMENT, told=Told.README),
    Command("proposals", agenda.list_, Who.VOLUNTEER, told=Told.README),
    Command("proposal", proposals.proposal_, Who.VOLUNTEER, numbers=True, spellings=("proposal_off",),
            of_proposals=True, argument=PROPOSAL_OFF, told=Told.README),
    Command("agree", proposals.agree, Who.VOLUNTEER, numbers=True, of_proposals=True, told=Told.README),
    Command("aside", proposals.aside, Who.VOLUNTEER, numbers=True, of_proposals=True, told=Told.README),
    Command("block", proposals.block, Who.VOLUNTEER, numbers=True, of_proposals=True, told=Told.README),
    Command("ask", proposals.ask, Who.VOLUNTEER, numbers=True, of_proposals=True, told=Told.README),
    Command("amend", proposals.amend, Who.VOLUNTEER, numbers=True, of_proposals=True, told=Told.README),
    # who is on duty
    # Volunteers may look; who sets it hears how from the answer.
    Command("stock", stock.stock_, argument=STOCK, note=Note.ARGUMENT, told=Told.README),
    Command("queue", duty.queue, Who.DUTY),
    Command("show", duty.show, Who.DUTY, numbers=True),
    Command("assign", moving.assign, Who.DUTY, numbers=True, before_note="to"),
    Command("open", moving.open_, Who.DUTY, numbers=True),
    Command("merge", moving.merge, Who.DUTY, numbers=True),
    Command("close", duty.close, Who.DUTY, numbers=True),
    Command("note", duty.note, Who.DUTY, numbers=True),
    Command("hold", duty.hold, Who.DUTY, numbers=True),
    Command("broadcast", broadcast.broadcast, Who.DUTY, argument=TO_MANY),
    # No room in the help texts; DISTRO alone tells how it is said.
    Command("distro", distro.distro, argument=DISTRO, told=Told.README),
    # Said at a table, where the text of the morning tells of it; elsewhere the words mean what they always do.
    Command("here", distro_table.here, Who.VOLUNTEER, argument=HERE, told=Told.README),
    Command("not_here", distro_table.not_here, Who.VOLUNTEER, argument=HERE, told=Told.README),
    Command("ban", removing.ban, Who.DUTY, numbers=True),
    Command("remove", removing.remove, Who.DUTY, numbers=True),
    # A bare REVOKE is STOP to carriers, so our texts say SHUT OUT.
    Command("revoke", removing.revoke, Who.DUTY, numbers=True),
    # The text about a lost phone tells it.
    Command("same", changed_number.same, Who.DUTY, numbers=True, told=Told.README),
    Command("unban", removing.unban, Who.DUTY, numbers=True, told=Told.README),  # the text about a ban tells it
    # Among others "on it" is talk, and whoever raised an alarm may say themselves that it was a false one.
    Command("on_it", watching.on_it, numbers=True, told=Told.DUTY),
    Command("false_alarm", watching.false_alarm, numbers=True, told=Told.DUTY),
    # The text that asks how to go on tells of it; it is wanted at no other time.
    Command("brake", duty.brake_, Who.DUTY, spellings=("brake_on", "brake_off"), argument=BRAKE, told=Told.README),
    # The text that says that a line has begun tells of it.
    Command("tap", tap.tap, Who.DUTY, spellings=("tap_open", "tap_close", "tap_auto", "tap_rate"), argument=TAP,
            told=Told.README),
    Command("pause", pause.pause, Who.DUTY, argument=UNTIL, note=Note.ARGUMENT, told=Told.README),
    Command("resume", pause.resume, Who.DUTY, told=Told.README),  # the answer to PAUSE LINE tells it
    # anyone
    Command("help", service.help_, told=Told.README),  # most texts of ours end with it
    Command("stop", service.stop, argument=BY_CARRIER, while_stopped=True, tells_language=False),
    Command("start", service.start, while_stopped=True, told=Told.README),  # the answer to STOP tells it
    # No room in the help texts; whoever asks what becomes of their words is told of these.
    Command("forget", forgetting.forget, while_stopped=True, told=Told.README),
    Command("my_data", my_data.my_data, told=Told.README),
    # Whoever writes in a language is answered in it: few ever need to say so.
    Command("language", service.language, argument=CODE, told=Told.README, tells_language=False,
            gives_way_to={Question.LANGUAGES}),
    Command("thanks", free.thanks, told=Told.NOWHERE, gives_way_to=OPEN_QUESTIONS),
    Command("hello", free.hello, told=Told.NOWHERE),
)  # fmt: skip

NO_COMMAND: dict[type[Intent], Callable[[Turn, Any], Texts]] = {
    Free: free.free,
    Ambiguous: free.ambiguous,
    Wordless: free.wordless,
    Machine: free.machine,
    WrongNumber: service.wrong_number,
    MayStop: service.may_stop,
    Silence: silence.silence,
    Safe: silence.safe,
    Pressed: button_answers.pressed,
    Forwarded: forwarded.ask,
    Edited: edits.edited,
    Deleted: edits.deleted,
}
WHILE_STOPPED = (Machine, WrongNumber, MayStop, Deleted)  # also from who has told us to stop: these start no talk

ANSWERS: dict[Question, Callable[[Turn, Answer], Texts]] = {
    Question.NEED: ask.need,
    Question.PLACE: ask.place,
    Question.WHERETO: ask.whereto,
    Question.RECEIPT: receipt.came,
    Question.MISSING: receipt.missing,
    Question.NAME: join.name,
    Question.LANGUAGES: join.languages,
    Question.AREA: join.area,
    Question.SURGE: duty.surge,
    Question.COMING: in_hand.coming,
    Question.COVER: shifts.answered,
    Question.BROADCAST: broadcast.decided,
    Question.PROPOSAL: proposals.answered,
    Question.PROPOSES: proposals.for_all,
    Question.GOING: in_hand.going,
    Question.DETAIL: volunteer_talk.answered,
    Question.CANT_WAIT: ask.cant_wait,
    Question.FORWARDED: forwarded.answered,
    Question.FORGET: forgetting.answered,
    Question.STAYS: forgetting.stays,
    Question.OLD_PHONE: changed_number.old_phone,
    Question.NEW_PHONE: changed_number.new_phone,
    Question.HOUSEHOLD: households.answered,
    Question.REPEAT: ask.repeat,
    Question.DOOR: doors.answered,
    Question.STILL_HELPS: silent.answered,
    Question.STILL_ON: duty.still_on,
    Question.WELCOMED: welcoming.answered,
    Question.STILL_NEEDED: waiting.answered,
    Question.UNTIL: pause.answered,
    Question.RECURRING: repeats.reviewed,
    Question.ONE_OR_ALL: repeats.all_or_one,
    Question.REGULAR: repeats.regular,
    Question.GIVES: pledges.gives,
    Question.STILL_GIVES: pledges.still_gives,
    Question.GONE: pledges.which_gone,
    Question.STOCK: stock.answered,
    Question.STOCK_FETCHED: stock.fetched,
    Question.DISTRO: distro_answers.answered,
    Question.DISTRO_PLAN: distro.decided,
    Question.DISTRO_FOR: distro.what_for,
    Question.DISTRO_MISSED: distro_answers.missed,
}

NAMES: dict[type[Intent], str] = {WrongNumber: "wrong_number", MayStop: "may_stop"}
QUESTIONS = frozenset((*questions.ANSWERS, Act.ASKS_NEARBY, Act.ASKS_HOW_LONG))  # a group may answer these itself
MORE = 3  # words
BY_NAME = {command.name: command for command in COMMANDS}
GRAMMAR = Grammar(COMMANDS, ACTS)
THANKS = "thanks"
DECIDING = frozenset({"propose", "proposals", *(c.name for c in COMMANDS if c.of_proposals)})
BY_ACT = {(rule.act, rule.to): rule for rule in reversed(ACTS)}
REFUSALS = {Who.JOINED: "join_first", Who.VOLUNTEER: "join_first", Who.DUTY: "not_on_duty"}


def read(body: str) -> Reading:
    """Take a text apart, before we know who sent it."""
    return GRAMMAR.read(body)


def understand(said: str | Reading, situation: Situation = NO_SITUATION) -> Understood:
    """What a text means to somebody in this situation: its intent, its language, and whether a life is at risk."""
    return GRAMMAR.understand(said, situation)


def meant(turn: Turn, reading: Reading) -> Understood:
    """What a text that came means: by the button that was pressed, by how it was sent, and by its words."""
    if (pressed := arriving.pressed(turn)) is not None:
        return Understood(pressed)
    if (instead := arriving.as_words(turn)) is not None or (instead := arriving.as_tap(turn)) is not None:
        reading = read(instead)
    understood = understand(reading, LiveSituation(turn))
    intent = understood.intent
    if isinstance(intent, Order):
        if no_command.is_talk(turn, intent, reading):
            understood = replace(understood, intent=Free(turn.heard.body, reading.meaning))
        elif _is_of_others(turn, intent, reading):
            understood = _instead(turn, intent, understood)
        elif (other := which_proposal.instead(turn, intent)) is not intent:
            understood = replace(understood, intent=other)
    if isinstance(intent, Free) and intent.act is None and giving.wants_in(turn, intent.words, intent.meaning):
        understood = replace(understood, intent=Order("join", language=intent.meaning.language))
    return arriving.as_sent(turn, understood, edited=reading.edited)


def _is_of_others(turn: Turn, order: Order, reading: Reading) -> bool:
    if order.command in DECIDING:
        return not which_proposal.is_meant(turn, order)
    return no_command.is_of_others(turn, order, reading)


def _instead(turn: Turn, order: Order, understood: Understood) -> Understood:
    """What they mean then. "Same", said to nobody and in answer to nothing, is the same as last time."""
    if order.command == no_command.SAME and turn.asked is None and not turn.matches and not turn.speaker.helps:
        return replace(understood, intent=replace(order, command="again"))
    grammar = undecided() if order.command in DECIDING else elsewhere()
    return grammar.understand(grammar.read(turn.heard.body), LiveSituation(turn))


@cache
def elsewhere() -> Grammar:
    """What texts mean away from the table of a distribution, to who is no volunteer or not on duty, and in a talk."""
    return Grammar(tuple(c for c in COMMANDS if c.name not in no_command.OF_OTHERS), ACTS)


@cache
def undecided() -> Grammar:
    """What texts mean that are about no proposal."""
    return Grammar(tuple(command for command in COMMANDS if command.name not in DECIDING), ACTS)


def respond(turn: Turn, understood: Understood) -> Texts:
    """The texts that follow from what was said."""
    intent = understood.intent
    command = BY_NAME[intent.command] if isinstance(intent, Order) else None
    if turn.speaker.silent_since is not None and not isinstance(intent, Silence | Machine):
        turn.speaker.silent_since = None  # they write something else: now they can be answered, with discretion
        discreet.begin(turn)
        turn.session.add(turn.speaker)
    if turn.speaker.unanswered:
        turn.speaker.unanswered = 0  # they are there
        turn.session.add(turn.speaker)
    if turn.line.has_ended(turn.now) and (last := ending.answer(turn, understood)) is not None:
        return last
    if turn.speaker.banned_at is not None and (kept := removing.while_banned(turn, understood)) is not None:
        return kept
    while_stopped = command.while_stopped if command else isinstance(intent, WHILE_STOPPED)
    if turn.speaker.opted_out_at is not None and not while_stopped:
        danger_told = isinstance(intent, Free | Silence) and intent.meaning.danger
        return NO_COMMAND[type(intent)](turn, intent) if danger_told else service.while_stopped(turn, intent)
    if turn.speaker.on_duty and (written_back := desk.plainly(turn, intent)) is not None:
        return written_back
    if (picked := distro_answers.plainly(turn, intent)) is not None:
        return picked
    is_ok = isinstance(intent, Order) and intent.command == THANKS
    if is_ok and (which := purse.plainly(turn)) is not None:
        return which
    if turn.line.answers and (answered := _own_answer(turn, understood)) is not None:
        return answered
    if isinstance(intent, Answer) and turn.asked is not None:
        answered = ANSWERS[turn.asked.question](turn, intent)
        if intent.beside is None:
            return answered
        return chain(answered, free.free(turn, Free(intent.words, intent.beside)))  # taken up once that is
    if isinstance(intent, Free) and intent.act is not None:
        return _acted(turn, intent, intent.act)
    if command is None or not isinstance(intent, Order):
        return NO_COMMAND[type(intent)](turn, intent)
    idle = turn.asked is not None and turn.asked.question is Question.NEED and turn.asked.request_id is None
    if idle and command.commits:
        turn.unask(turn.speaker)  # HELP asked what they need, and they went on to something else
    alarm = danger.in_note(turn, intent, understood.danger) if understood.danger else iter(())
    refused = _refused(turn, intent, command)
    return chain(alarm, refused or chain(command.handler(turn, intent), _left_out(turn, intent)))


def _left_out(turn: Turn, order: Order) -> Texts:
    """The numbers that were too many for one text."""
    if order.surplus:
        yield turn.reply("numbers_left_out", n=len(order.numbers), number=order.surplus[0])


def _own_answer(turn: Turn, understood: Understood) -> Texts | None:
    """What the group itself has an answer to, and what else the text says; None if it has none."""
    intent = understood.intent
    if not isinstance(intent, Free | Answer) or understood.danger or not LiveSituation(turn).is_(Role.ALONE):
        return None
    asks = intent.act is None or intent.act in QUESTIONS if isinstance(intent, Free) else intent.choice is None
    open_ = turn.asked is None or turn.asked.question in (Question.NEED, Question.PLACE)
    found = own_answers.find(turn.line, intent.words, turn.speaker.speaks(turn.line)) if asks and open_ else None
    return None if found is None else _said_ourselves(turn, intent, found)


def _said_ourselves(turn: Turn, intent: Free | Answer, found: own_answers.Found) -> Texts:
    yield turn.reply("own_answer", words=Ours(found.words))
    beside = GRAMMAR.read(found.rest).meaning
    if intent.meaning.kind is Kind.ASK and beside.kind is Kind.ASK and beside.needs:
        yield from free.free(turn, Free(intent.words, beside))
    elif (draft := intake.draft_of(turn)) is not None:
        yield from intake.next_step(turn, draft)


def _acted(turn: Turn, intent: Free, act: Act) -> Texts:
    """What somebody does with their words, and what else they say in them."""
    rule = BY_ACT[act, intent.role]
    yield from rule.handler(turn, intent)
    if not rule.goes_on:
        return
    draft = intake.draft_of(turn)
    if intent.beside is not None:
        yield from free.free(turn, replace(intent, act=None, meaning=intent.beside))
    elif act is Act.PHONE_IS_READ and draft is None and _says_more(turn, intent):
        yield from free.free(turn, replace(intent, act=None))
    elif draft is not None:
        yield from intake.next_step(turn, draft)


def _says_more(turn: Turn, intent: Free) -> bool:
    """Whether who says that others read along says more, for whoever they talk with or about what they need."""
    more = len(intent.words.split()) - len(intent.act_words.split()) >= MORE
    talks = any(request.duty_person_id is not None for request in turn.own)
    return talks or (more and bool(turn.matches or turn.own))


def _refused(turn: Turn, order: Order, command: Command[Handler]) -> Iterator[Text] | None:
    """The answer to somebody who may not say this; None if they may.

    A number without a word may be an answer of theirs, so its handler decides.
    """
    speaker = turn.speaker
    allowed = {
        Who.ANYONE: True,
        Who.JOINED: speaker.helper_since is not None,
        Who.VOLUNTEER: speaker.helps,
        Who.DUTY: speaker.on_duty,
    }
    if order.bare or allowed[command.by]:
        return None
    waits = command.by is Who.VOLUNTEER and speaker.helper_since is not None
    common = "wait_for_vouch" if waits else REFUSALS[command.by]
    return iter([turn.reply(command.refusal or common)])


def name(intent: Intent) -> str:
    """An intent's name in English, lower case; free words go by what they are for."""
    if isinstance(intent, Free):
        return str(intent.act or intent.meaning.kind)
    if isinstance(intent, Machine):
        return f"machine_{intent.kind}"
    return intent.command if isinstance(intent, Order) else NAMES.get(type(intent)) or type(intent).__name__.lower()
