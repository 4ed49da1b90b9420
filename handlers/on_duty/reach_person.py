"""Reaching a person: whoever is on duty gets the words, and the neighbor the truth about who has heard them.

What they say then goes to a request of its own that is held for duty, never to the helper of another: it may be
the helper whom they fear. What they need beside it stays a request for volunteers.
"""

from collections.abc import Sequence
from datetime import timedelta

from handlers.helping import company
from handlers.needs import intake
from handlers.on_duty import duty_tasks
from handlers.phrasebook import Value
from handlers.safety import watch
from handlers.talking import relaying
from handlers.turn import Text, Texts, Turn
from handlers.understanding.intents import Act, Free, Need, Order
from handlers.wording.summary import Ours, Said, Soon, brief
from models import assignments, events, people, requests
from models.people import Person
from models.requests import TALKING, Request, State

LOOKED_AT = 50  # of the last matches of a neighbor
TOLD_LATELY = timedelta(minutes=15)  # in which who asks again for a person is told that duty knows already
Around = tuple[Said | None, Said | None]  # what is said before and after whether anybody is there
NOTHING: Around = (None, None)
AT_NIGHT = {"person_coming": "person_at_night", "question_passed": "question_at_night"}
BEFORE = {Act.GRIEVES: "sorry_loss", Act.COMPLAINS: "sorry_that", Act.ASKS_FOR_CALL: "no_calls"}


def person(turn: Turn, _: Order) -> Texts:
    """PERSON: somebody on duty writes back through the hotline."""
    yield from reach(turn, "")


def wanted(turn: Turn, intent: Free) -> Texts:
    """The same in words of their own, which duty gets to read; or words that only a person can answer."""
    intake.speak(turn, intent.meaning)
    before = BEFORE.get(intent.act) if intent.act else None
    after = "which_phone" if intent.act is Act.ASKS_FOR_CALL else None
    if intent.act is Act.COMPLAINS and not turn.asked_for:
        after = "what_now"  # they wrote in vain, or to somebody else: it can still be taken up
    if turn.asked is not None and turn.asked.request_id is None:
        turn.unask(turn.speaker)  # what they say next is for whoever writes back
    helper = _helper_named(turn, intent.words)
    if helper is None:
        yield from reach(turn, intent.words, before=before, after=after)
    else:
        name = turn.somebody(helper)
        yield from reach(
            turn, intent.words, before=before, after=after or "not_the_helper", of=[helper.id], name=name
        )


def _helper_named(turn: Turn, words: str) -> Person | None:
    """Who has helped them and is named in words for duty: it is about them, and not for them."""
    helpers = assignments.helpers_of(turn.session, turn.speaker.id, LOOKED_AT) if turn.asked_for else []
    return next(iter(company.named_in(words, helpers)), None)


def unheard_by(them: Sequence[Person]) -> str | None:
    """The phrase by which a neighbor hears that whom they complain of does not."""
    return ("not_the_helpers" if len(them) > 1 else "not_the_helper") if them else None


def about_helper(turn: Turn, intent: Free) -> Texts:
    """Who comes, and whether it could be somebody else: for duty alone, and never for whom it is about."""
    intake.speak(turn, intent.meaning)
    talked = [(r, company.meant(turn, r, intent.words)) for r in turn.own if r.state in TALKING]
    talked = [(r, them) for r, them in talked if them]
    named = [(r, them) for r, them in talked if company.named_in(intent.words, them)]
    match, them = next(iter(named or talked), (None, []))
    before = "vouched_all" if intent.act is Act.FEARS_HELPER else None
    if match is None:
        yield from reach(turn, intent.words, before=before)
        return
    yield from reach(
        turn,
        intent.words,
        before=before,
        after=unheard_by(them),
        duty="duty_about_helper",
        of=[person.id for person in them],
        name=company.one_of(turn, them),
        match=match.number,
    )


def asks(turn: Turn, intent: Free) -> Texts:
    """Something that only people of the neighborhood know."""
    intake.speak(turn, intent.meaning)
    yield from question(turn, intent.words)


def question(turn: Turn, words: str) -> Texts:
    """What we cannot answer goes to whoever can; whoever is on duty alone would only ask themselves."""
    if turn.speaker.on_duty and not turn.on_duty(but=turn.speaker.id):
        yield turn.later(turn.reply("not_understood_duty"))
        return
    about = _asking(turn)
    if events.happened_since(turn.session, [about], "asked_duty", turn.now - TOLD_LATELY):
        yield from relaying.to_duty(turn, about, words)
        return
    requests.record(turn.session, about, "asked_duty", turn.now, by=turn.speaker.id, words=words)
    told = list(turn.tell_duty("duty_question", about=about, but=turn.speaker.id, words=brief(words)))
    yield from _answered(turn, about, told, "question_passed", "question_kept", words)


def reach(
    turn: Turn,
    words: str,
    *,
    before: str | None = None,
    after: str | None = None,
    duty: str = "duty_wants_person_words",
    of: Sequence[int] = (),
    anew: bool = False,
    **values: Value,
) -> Texts:
    """Tell duty that this neighbor wants a person, and tell them whether anybody is there.

    `anew`: in these words even if duty was told lately that they want one. Whom they complain `of`, or may, hears
    nothing of it, nor of what they say after it.
    """
    request = talk(turn, _first_hidden(turn, of))
    requests.record(turn.session, request, "wants_person", turn.now, by=turn.speaker.id, words=words or None)
    around = (Said(before, values) if before else None, Said(after, values) if after else None)
    told_lately = (
        bool(turn.asked_for)
        and not anew
        and _somebody_else_on_duty(turn, request)
        and events.happened_since(turn.session, turn.asked_for, "person_told", turn.now - TOLD_LATELY)
    )
    if told_lately:
        when = watch.reads(turn, request, turn.speaker.id)
        yield _reply(turn, "person_at_night" if when else "person_told_already", request, around, when)
        if words:
            requests.keep_words(turn.session, request, words)
            yield from relaying.words_to_duty(turn, request, words)
        return
    if words:
        told = list(turn.tell_duty(duty, about=request, but=turn.speaker.id, words=brief(words), **values))
        told = [text for text in told if text.to.id not in of]
    else:
        told = list(turn.tell_duty("duty_wants_person", about=request, but=turn.speaker.id))
    yield from _answered(turn, request, told, "person_coming", "person_later", words, around)


def _first_hidden(turn: Turn, of: Sequence[int]) -> int | None:
    """From whom the talk is hidden, of those whom it may be about: who is on duty would else read it."""
    on_duty = {person.id for person in people.by_ids(turn.session, of).values() if person.on_duty} if of else ()
    return next((id_ for id_ in of if id_ in on_duty), of[-1] if of else None)


def talk(turn: Turn, of: int | None = None) -> Request:
    """The request that carries a talk with duty: one that is held already, or one of its own.

    Each carries complaints of one person: who is complained of sees it no more.
    """
    request = _talk(turn, of)
    if of is not None:
        request.about_person_id = of
        turn.session.add(request)
    return request


def _talk(turn: Turn, of: int | None) -> Request:
    held = next((r for r in reversed(turn.own) if r.state is State.HELD and r.about_person_id in (None, of)), None)
    if of is None:
        held = next((r for r in reversed(turn.own) if r.state is State.HELD), None)
    if held is not None:
        return held
    draft = intake.draft_of(turn)
    if draft is not None and {*draft.needs} <= {Need.OTHER}:  # they asked for help and not yet for what
        turn.unask(turn.speaker, draft)
        draft.needs = [Need.OTHER]
        turn.session.add(draft)
        if requests.hold(turn.session, draft, turn.now):
            return draft
    return intake.held_to_talk(turn)


def _answered(
    turn: Turn, request: Request, told: list[Text], phrase: str, alone: str, words: str, around: Around = NOTHING
) -> Texts:
    """Say whether duty has heard it, keep the words for them, and see to it that somebody does hear them."""
    if words and request.state is State.HELD:
        requests.keep_words(turn.session, request, words)
    when = watch.reads(turn, request, turn.speaker.id) if told else None
    yield _reply(turn, AT_NIGHT[phrase] if when else phrase if told else alone, request, around, when)
    if told:
        requests.record(turn.session, request, "person_told", turn.now, by=turn.speaker.id)
    elif request.state is State.HELD:
        yield from duty_tasks.call(turn, request)
    yield from told


def _asking(turn: Turn) -> Request:
    """What a question is about: what they wait for while somebody is on duty to read it, else a talk of its own."""
    waits = [r for r in turn.own if r.state not in TALKING]
    if waits and _somebody_else_on_duty(turn, waits[-1]):
        return waits[-1]
    return next((r for r in reversed(waits) if r.state is State.HELD), None) or intake.held_to_talk(turn)


def _somebody_else_on_duty(turn: Turn, about: Request) -> bool:
    return bool(turn.on_duty(about, but=turn.speaker.id))


def _reply(turn: Turn, phrase: str, request: Request, around: Around, when: Soon | None) -> Text:
    before, after = around
    dial = Ours(turn.line.emergency_number)
    return turn.reply(phrase, about=request, dial=dial, before=before, after=after, when=when)
