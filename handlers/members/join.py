"""Becoming a volunteer: name, languages and area, one question at a time, then somebody vouches."""

from handlers import phrasebook
from handlers.helping import browse, company
from handlers.members import naming, newcomers
from handlers.needs import intake
from handlers.on_duty import raising
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Answer, Kind, Order, Question
from handlers.where import places
from handlers.wording.summary import Ours, Said, Verb
from models import duty_tasks, people, person_events, volunteers
from models.duty_tasks import DutyTask
from models.people import Person

NEW_ONES = 50  # who wait for somebody to know them, looked through for a name


def join(turn: Turn, _: Order) -> Texts:
    """JOIN: the first question, unless they are in already."""
    speaker = turn.speaker
    if speaker.helps:
        yield turn.reply("joined_already", name=turn.somebody(speaker))
    elif speaker.helper_since:
        yield turn.reply("wait_for_vouch")
    else:
        turn.ask(speaker, Question.NAME)
        yield turn.reply("ask_name", line=Ours(turn.line.name))


def name(turn: Turn, intent: Answer) -> Texts:
    """What neighbors will call them."""
    if (asked := _asks_instead(turn, intent)) is not None:
        yield from asked
        return
    said = naming.told(intent.words)
    if not said or naming.fault(said, turn.line.name):
        yield turn.reply("ask_name_again")
        return
    turn.speaker.name = said
    codes = phrasebook.languages()
    turn.ask(turn.speaker, Question.LANGUAGES, options=len(codes) + 1)
    names = intake.numbered([phrasebook.book(code).name for code in codes])
    yield turn.reply("ask_languages", name=turn.somebody(turn.speaker), languages=names, all=len(codes) + 1)


def languages(turn: Turn, intent: Answer) -> Texts:
    """Which languages they speak with neighbors."""
    if (asked := _asks_instead(turn, intent)) is not None:
        yield from asked
        return
    codes = phrasebook.languages()
    if intent.choice:
        spoken = list(codes) if intent.choice > len(codes) else [codes[intent.choice - 1]]
    else:
        spoken = list(dict.fromkeys(intent.languages))
        if spoken and not set(spoken) & set(codes):  # they have just read ours
            spoken.append(turn.speaker.speaks(turn.line))
    turn.speaker.languages = spoken or [turn.speaker.speaks(turn.line)]
    areas = turn.areas
    if not areas:
        yield from _joined(turn)
        return
    turn.ask(turn.speaker, Question.AREA, options=len(areas) + 1)
    listed = intake.numbered([a.name for a in areas])
    yield turn.reply("ask_area", areas=listed, all=len(areas) + 1)


def area(turn: Turn, intent: Answer) -> Texts:
    """Where they can go; anywhere if they name no place that we know."""
    if (asked := _asks_instead(turn, intent)) is not None:
        yield from asked
        return
    areas = turn.areas
    if intent.choice:
        turn.speaker.areas = [] if intent.choice > len(areas) else [areas[intent.choice - 1].id]
    else:
        found = places.find(intent.words, areas)
        turn.speaker.areas = [found.id] if found else []
    yield from _joined(turn)


def _asks_instead(turn: Turn, intent: Answer) -> list[Text] | None:
    """What follows when they tell what they need instead: it must not become their name. JOIN begins anew."""
    if intent.choice or intent.meaning.kind is not Kind.ASK:
        return None
    turn.unask(turn.speaker)
    return list(intake.begin(turn, intent.words, intent.meaning))


def _joined(turn: Turn) -> Texts:
    turn.unask(turn.speaker)
    turn.speaker.helper_since = turn.now
    turn.session.add(turn.speaker)
    people.tell_apart(turn.session, turn.speaker)
    speaker = turn.speaker
    name = turn.name(speaker, whole=True) or Said("a_neighbor")
    yield turn.reply("joined", name=turn.somebody(speaker), who=speaker.id)
    yield from turn.tell_duty("duty_joined", but=speaker.id, name=name, who=speaker.id)


def vouch(turn: Turn, order: Order) -> Texts:
    """VOUCH 7: I know this person. Any vouched volunteer may say so, who is no newcomer, of a few people a week."""
    if not order.numbers:
        new = volunteers.joined(turn.session, turn.line.id, volunteers.Standing.NEW, 0, NEW_ONES)
        named = [Verb("vouch", person.id) for person in company.named_in(order.note, new)]
        # A name is anybody's to choose: they say which of these by the number that duty has read beside it.
        one = turn.reply("nearly", command=named[0]) if len(named) == 1 else None
        yield one or turn.reply("vouch_whom")
        return
    for number in order.numbers:
        newcomer = people.find(turn.session, turn.line.id, number)
        if newcomer is None or newcomer.helper_since is None or newcomer.banned_at is not None:
            yield turn.reply("vouch_unknown", number=number)
            continue
        look = duty_tasks.about(turn.session, turn.line.id, raising.LOOK_AGAIN, newcomer.id)
        if newcomer.vouched_at is not None and look is None:
            yield turn.reply("vouched_already", name=turn.somebody(newcomer))
        elif newcomer.id == turn.speaker.id:
            yield turn.reply("vouch_unknown", number=number)
        elif person_events.is_decided_out(turn.session, newcomer.id):
            yield turn.reply("unban_decided", who=newcomer.id)
        elif (why := newcomers.may_vouch(turn, turn.speaker)) is not None:
            policy = turn.line.policy
            days, matches, most = policy.vouch_after_days, policy.newcomer_matches, policy.vouches_per_week
            yield turn.reply(why, days=days, matches=matches, n=most)
        else:
            yield from _vouched(turn, newcomer, look)


def _vouched(turn: Turn, newcomer: Person, look: DutyTask | None) -> Texts:
    """They are in, or stay in; everybody on duty hears by whom."""
    is_new, name = newcomer.vouched_at is None, turn.somebody(newcomer)
    newcomer.vouched_at = newcomer.vouched_at or turn.now
    newcomer.vouched_by_person_id = turn.speaker.id
    turn.session.add(newcomer)
    by = turn.speaker.id
    person_events.record(turn.session, turn.line.id, newcomer.id, person_events.VOUCHED, turn.now, by=by)
    for task in (look, duty_tasks.about(turn.session, turn.line.id, raising.JOINED, newcomer.id)):
        if task is not None:
            duty_tasks.end(turn.session, task, turn.now)
    yield turn.reply("vouched", name=name)
    if is_new:
        yield turn.tell(newcomer, "vouched_for", name=name, open=browse.fitting(turn, newcomer))
    who, voucher = turn.numbered(newcomer), turn.numbered(turn.speaker)
    yield from turn.tell_duty("duty_vouched", but=by, name=who, by=voucher, who=newcomer.id)
