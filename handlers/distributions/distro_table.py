"""HERE: whoever is at the table says who has come, by number, by name, or how many without a place."""

from collections.abc import Generator, Sequence

from handlers.asking import waves
from handlers.distributions import distributing
from handlers.members import inviting
from handlers.phrasebook import Value
from handlers.turn import Text, Texts, Turn
from handlers.understanding.distro_words import HereSaid
from handlers.understanding.intents import Order
from handlers.understanding.words import fold
from handlers.wording.summary import Lines, Ours, Quoted, Said, Several
from models import distributions, invitations, people, requests
from models.distributions import Distribution, Invitation, State
from models.people import Person
from models.requests import LIVE, Outcome
from models.requests import State as RequestState

MAY_COME = (State.BOOKED, State.DECLINED, State.NO_SHOW, State.EXPIRED, State.FULL)
MOST_ALIKE = 5  # people of one name in an answer


def means(turn: Turn, order: Order) -> bool:
    """Whether the words are about a table: else "here in 5" is for the other side of a match, as ever."""
    said: HereSaid | None = order.argument
    if said is None or not turn.speaker.helps:
        return False
    on = distributing.now_on(turn)
    if said.name or not (said.numbers or said.walkins):
        talks = bool(turn.matches) and not (said.name and any(_named(turn, each, said.name) for each in on))
        return bool(on) and not talks
    if turn.held and not on:
        return False
    return bool(on) or bool(distributions.coming(turn.session, turn.line.id))


def here(turn: Turn, order: Order) -> Texts:
    """HERE 37 38, HERE ROSA, HERE WALKIN 2, HERE D3 37."""
    said: HereSaid = order.argument
    found = yield from _at_table(turn, said)
    if found is None:
        return
    if said.walkins:
        yield _walkins(turn, found, said.walkins)
    elif said.name:
        yield from _by_name(turn, found, said.name)
    else:
        yield from _came(turn, found, [(tag, invitations.tagged(turn.session, found, tag)) for tag in said.numbers])


def not_here(turn: Turn, order: Order) -> Texts:
    """NOT HERE 37: said by mistake."""
    said: HereSaid = order.argument
    found = yield from _at_table(turn, said)
    if found is None:
        return
    if said.walkins:
        yield _fewer(turn, found, said.walkins)
    elif said.name:
        alike = [one for one, _ in _named(turn, found, said.name) if one.state is State.CAME]
        yield from _undo(turn, found, alike) if len(alike) == 1 else iter([_alike(turn, found, said.name)])
    else:
        tags = [invitations.tagged(turn.session, found, tag) for tag in said.numbers]
        yield from _undo(turn, found, [one for one in tags if one is not None])


def _at_table(turn: Turn, said: HereSaid) -> Generator[Text, None, Distribution | None]:
    """At whose table they are, if they say who has come; else what they hear."""
    found = _which(turn, said)
    if isinstance(found, Text):
        yield found
        return None
    if not (said.numbers or said.walkins or said.name):
        yield turn.reply("here_how")
        return None
    return found


def _which(turn: Turn, said: HereSaid) -> Distribution | Text:
    """At whose table they are."""
    on = distributing.now_on(turn)
    if said.distribution is not None:
        on = [each for each in on if each.number == said.distribution]
    if len(on) > 1:
        return turn.reply("here_which", choices=Several([distributing.d(each) for each in on], style="or"))
    if on:
        return on[0]
    coming = distributions.coming(turn.session, turn.line.id)
    coming = [each for each in coming if said.distribution in (None, each.number)] or coming
    return turn.reply("here_not_now", **distributing.told(turn, coming[0])) if coming else turn.reply("distro_none")


def _named(turn: Turn, distribution: Distribution, name: str) -> list[tuple[Invitation, Person]]:
    """Who of those with a number has this name, or this first one."""
    said = fold(name).split()
    return [
        (one, person)
        for one, person in invitations.with_names(turn.session, distribution)
        if person.name and fold(person.name).split()[: len(said)] == said
    ]


def _by_name(turn: Turn, distribution: Distribution, name: str) -> Texts:
    alike = _named(turn, distribution, name)
    waiting = [(one, person) for one, person in alike if one.state is not State.CAME] or alike
    if len(waiting) != 1:
        yield _alike(turn, distribution, name)
        return
    yield from _came(turn, distribution, [(one.tag or 0, one) for one, _ in waiting])


def _alike(turn: Turn, distribution: Distribution, name: str) -> Text:
    """Several of one name are told apart by when they come and by their number."""
    alike = _named(turn, distribution, name)[:MOST_ALIKE]
    if not alike:
        return turn.reply("here_nobody", words=Quoted(name))
    rows: list[Value] = [Said("here_alike_row", _who(turn, distribution, one, person)) for one, person in alike]
    return turn.reply("here_alike", rows=Several(rows, style="or"), tag=alike[0][0].tag)


def _who(turn: Turn, distribution: Distribution, one: Invitation, person: Person) -> dict[str, Value]:
    at = distributing.at(turn, distribution, one.slot, day=False)
    name = turn.name(person)
    return {"tag": one.tag, "name": Said("here_name", {"name": name}) if name else None, "at": at}


def _came(turn: Turn, distribution: Distribution, found: Sequence[tuple[int, Invitation | None]]) -> Texts:
    """Each of them is in, or why not; then how many are."""
    rows: list[Value] = []
    texts: list[Text] = []
    for tag, one in found:
        if one is None:
            rows.append(Said("here_unknown", {"tag": tag}))
            continue
        person = people.by_id(turn.session, one.person_id)
        who, again = _who(turn, distribution, one, person), one.state is State.CAME
        if again:
            rows.append(Said("here_again", {**who, "at": distributing.At(one.changed_at, turn.line.timezone, False)}))
        elif _in(turn, distribution, one):
            rows.append(Said("here_in", who))
            texts += _thanks(turn, distribution, one, person)
        else:
            rows.append(Said("here_no_place", who))
    counted = distributions.counts(turn.session, distribution)
    yield turn.reply("here", rows=Lines(rows), came=counted.states[State.CAME], booked=counted.booked)
    yield from texts


def _in(turn: Turn, distribution: Distribution, one: Invitation) -> bool:
    """They are here; who had given their place back, or came late, needs one that is free."""
    if invitations.settle(turn.session, one, State.CAME, (State.BOOKED,), turn.now):
        return True
    if one.state not in MAY_COME:
        return False
    slot = _take(turn, distribution, walkin=False)
    if slot is None:
        return False
    if invitations.settle(turn.session, one, State.CAME, MAY_COME, turn.now, slot=slot):
        return True
    distributions.give_back(turn.session, distribution, slot)
    return False


def _take(turn: Turn, distribution: Distribution, *, walkin: bool) -> int | None:
    """A place for somebody who stands there: of the slot that is now, else of those before, else of a later one."""
    ages = (turn.now - distribution.begins_at) // distribution.minutes
    now = min(max(ages, 0), distribution.slots - 1)
    order = [*range(now, -1, -1), *range(now + 1, distribution.slots)]
    return next((s for s in order if distributions.take(turn.session, distribution, s, walkin=walkin)), None)


def _thanks(turn: Turn, distribution: Distribution, one: Invitation, person: Person) -> Texts:
    """What they came for is done; what else they asked for goes on."""
    request = requests.by_id(turn.session, one.request_id)
    turn.unask(person, request)
    request.booked_until = None
    turn.session.add(request)
    if not request.live:
        return
    if not distributions.has_all(distribution, request):
        one.met = [need for need in request.needs if need in distribution.needs]
        turn.session.add(one)
        request.needs = [need for need in request.needs if need not in distribution.needs]
        if request.state is RequestState.OPEN:
            requests.schedule(turn.session, request, turn.now)
        yield turn.tell(person, "distro_thanks_rest", about=request, what=turn.what(request))
        return
    if waves.close(turn, request, Outcome.FULFILLED, by=person.id, out_of=LIVE):
        yield turn.tell(person, "distro_thanks", about=request, join=inviting.to_join(turn, person, request))
        yield from waves.let_off(turn, request)


def _undo(turn: Turn, distribution: Distribution, found: Sequence[Invitation]) -> Texts:
    """It was a slip: they have their place still, and what they asked for is open again."""
    undone: list[Value] = []
    for one in found:
        if invitations.settle(turn.session, one, State.BOOKED, (State.CAME,), turn.now):
            undone.append(Ours(str(one.tag)))
            request = requests.by_id(turn.session, one.request_id)
            until = distributing.held_until(turn, distribution)
            request.needs, request.booked_until = [*one.met, *request.needs], until
            turn.session.add(request)
            one.met = []
            turn.session.add(one)
            requests.move(
                turn.session,
                request,
                RequestState.OPEN,
                turn.now,
                kind="reopened",
                out_of=(RequestState.CLOSED,),
                by=turn.speaker.id,
                outcome=None,
                booked_until=until,
                next_action_at=until,
            )
    yield turn.reply("here_undone", tags=Several(undone)) if undone else turn.reply("here_not_in")


def _walkins(turn: Turn, distribution: Distribution, many: int) -> Text:
    """So many without a place, as far as there are places."""
    taken = sum(_take(turn, distribution, walkin=True) is not None for _ in range(many))
    counted = distributions.counts(turn.session, distribution)
    phrase = "here_walkins" if taken == many else "here_walkins_few" if taken else "here_walkins_none"
    return turn.reply(phrase, n=taken, left=counted.left, walkins=counted.walkins)


def _fewer(turn: Turn, distribution: Distribution, many: int) -> Text:
    slots = [s.slot for s in distributions.slots(turn.session, distribution) for _ in range(s.walkins)]
    gone = sum(distributions.give_back(turn.session, distribution, slot, walkin=True) for slot in slots[-many:])
    counted = distributions.counts(turn.session, distribution)
    return turn.reply("here_walkins_undone", n=gone, walkins=counted.walkins)
