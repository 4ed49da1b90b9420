"""More hands, or fewer: said by the neighbor or by somebody who comes, in words of their own; and who else comes."""

from dataclasses import replace

from handlers.asking import waves
from handlers.helping import company, lease, leasing
from handlers.repeating import standing
from handlers.talking import pace, relaying
from handlers.turn import Text, Texts, Turn
from handlers.understanding import hands
from handlers.understanding.intents import Free
from handlers.where import doors
from handlers.wording.summary import Quoted, brief
from models import assignments, crews, people, requests
from models.delivery.outbound import Lane
from models.requests import TALKING, Request, State

STILL_TO_DO = (State.OPEN, State.CLAIMED)
ALONE = 1


def more(turn: Turn, intent: Free) -> Texts:
    """The neighbor: can somebody else come, too? So many more are asked, and whoever comes hears it."""
    request = _meant(turn)
    if request is not None and (them := relaying.whom_it_is_about(turn, request, intent.words)):
        yield from relaying.about_them(turn, request, them, intent.words)
        return
    people_named = intent.meaning.helpers or hands.names_people(intent.words)
    if request is None or not (request.several or people_named or _is_work(request)):  # "need 2 more": of the things
        yield from _talk(turn, intent.words)
        return
    texts = add(turn, request, intent.meaning.helpers or hands.number(intent.words) or ALONE)
    if texts is None:
        yield turn.reply("hands_most", about=request, wanted=request.helpers_wanted)
        return
    yield turn.reply("hands_more", about=request, n=waves.asked(texts), wanted=request.helpers_wanted)
    for _, helper in assignments.all_on(turn.session, request) if request.state is State.CLAIMED else ():
        yield turn.tell(helper, "hands_more_helper", about=request, wanted=request.helpers_wanted)
    yield from texts


def from_helper(turn: Turn, request: Request, words: str) -> Texts:
    """Whoever has it says that it takes another: one more is asked, and the neighbor reads it, with the words.

    Where nobody can be asked, whoever is on duty hears it.
    """
    requests.record(turn.session, request, "note", turn.now, by=turn.speaker.id, words=words)
    texts = add(turn, request, hands.number(words) or ALONE) or []
    if count := waves.asked(texts):
        neighbor = people.by_id(turn.session, request.person_id)
        name = turn.somebody(turn.speaker)
        leasing.heard(turn, request)
        yield turn.reply("hands_go_out", about=request, n=count)
        text = turn.tell(
            neighbor, "hands_from_helper", about=request, lane=Lane.REPLY, name=name, words=Quoted(words)
        )
        yield from pace.paced(turn, request, turn.speaker, text, words) if neighbor.opted_out_at is None else ()
        yield from texts
        return
    told = list(turn.tell_duty("duty_wants_hands", about=request, but=turn.speaker.id, words=brief(words)))
    yield from relaying.pass_on(turn, request, words, told="hands_asked" if told else "hands_nobody")
    yield from told


def add(turn: Turn, request: Request, count: int) -> list[Text] | None:
    """So many more shall come; the texts that ask for them, None where no more can be wanted."""
    while request.state in STILL_TO_DO:
        wanted = min(request.helpers_wanted + count, max(turn.line.policy.helpers_most, request.helpers_wanted))
        if wanted == request.helpers_wanted:
            return None
        if crews.want(turn.session, request, wanted, turn.now, by=turn.speaker.id):
            break  # else another was asked for at this very moment
    else:
        return None
    return waves.place_offered(turn, request) if request.state is State.CLAIMED else waves.ask_next(turn, request)


def enough(turn: Turn, intent: Free) -> Texts:
    """The neighbor: so many are enough. Nobody else is asked; whoever comes already, comes."""
    request = _meant(turn)
    if request is None or not request.several:
        yield from _talk(turn, intent.words)
        return
    wanted = min(hands.number(intent.words) or request.helpers_have, request.helpers_wanted)
    crews.want(turn.session, request, max(wanted, request.helpers_have, ALONE), turn.now, by=turn.speaker.id)
    if request.has_room:  # fewer than before, and more than come so far
        yield turn.reply("hands_more", about=request, n=0, wanted=request.helpers_wanted)
        return
    waves.call_off(turn, request)
    yield turn.reply("hands_enough", about=request, wanted=request.helpers_wanted)


def who_else(turn: Turn, intent: Free) -> Texts:
    """Whoever has it: who else comes?"""
    for held, request in turn.held:
        others = company.with_whom(turn, request, turn.speaker.id)
        if others is None:
            yield turn.reply("hands_alone", about=request)
        else:
            yield turn.reply(
                "crew_who",
                about=request,
                what=replace(turn.what(request, doors.sight(turn, request, held)), helpers=None),
                others=others,
            )


def who_comes(turn: Turn, intent: Free) -> Texts:
    """Its neighbor asks the same: where it stands, by name."""
    for request in turn.own:
        if request.state in (*TALKING, State.OPEN):
            yield standing.of(turn, request)


def _meant(turn: Turn) -> Request | None:
    """What of theirs they speak of: what they reply to, the only one still to be done, or the one with several."""
    own = [request for request in turn.own if request.state in STILL_TO_DO]
    if turn.replied in own:
        return turn.replied
    several = [request for request in own if request.several]
    among = several if len(several) == 1 else own
    return among[0] if len(among) == 1 else next((r for r in among if r.state is State.CLAIMED), None)


def _is_work(request: Request) -> bool:
    return not lease.LASTING.isdisjoint(request.needs)


def _talk(turn: Turn, words: str) -> Texts:
    matches = turn.matches
    if len(matches) == 1:
        yield from relaying.pass_on(turn, matches[0], words)
    elif matches:
        yield relaying.to_which(turn, matches)
    elif turn.own:
        requests.add_words(turn.session, turn.own[-1], words, turn.now, by=turn.speaker.id)
        yield turn.reply("more_added", about=turn.own[-1])
