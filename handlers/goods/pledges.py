"""OFFER, LIST OFFERS, GONE; and what givers answer when they are asked."""

from handlers.goods import giving, pledge_words, pledging
from handlers.needs import intake
from handlers.on_duty import duty_tasks
from handlers.talking import relaying
from handlers.turn import Texts, Turn
from handlers.understanding.intents import Answer, Need, Order, Question
from handlers.understanding.needs import understand
from handlers.wording import summary
from handlers.wording.summary import Needs, Quoted, Said
from models import kept_apart, people, pledges, requests
from models.pledges import Pledge, State

SHOWN = 8  # things in one answer
CHOICES = 6  # of one's own to choose from
YES, NO = 1, 2


def offer(turn: Turn, order: Order) -> Texts:
    """OFFER and what it is; without words, what of theirs is on offer."""
    words = order.note
    if not words:
        yield from mine(turn, order)
        return
    yield from giving.offered(turn, words, understand(words))


def mine(turn: Turn, _: Order) -> Texts:
    """MY OFFERS: what of theirs is on offer, and until when."""
    own = pledges.of(turn.session, turn.speaker.id)
    if not own:
        yield turn.reply("pledges_none_own")
        return
    rows = [
        Said(
            "pledge_own_row",
            {"given": pledge_words.to_giver(turn, each), "until": pledge_words.until(turn, each.until)},
        )
        for each in own[:SHOWN]
    ]
    yield turn.reply("pledges_own", rows=summary.Lines(rows))


def list_(turn: Turn, order: Order) -> Texts:
    """LIST OFFERS: what is on offer now, for volunteers; whoever is none reads their own."""
    if not turn.speaker.helps:
        yield from mine(turn, order)
        return
    found = [
        (pledge, giver)
        for pledge, giver in pledges.open_on(turn.session, turn.line.id, turn.now)
        if giver.id not in kept_apart.of(turn.session, turn.speaker.id)
    ]
    if not found:
        yield turn.reply("pledges_none")
        return
    areas = {area.id: summary.Ours(area.name) for area in turn.areas}
    rows = []
    for pledge, giver in found[:SHOWN]:
        where = areas.get(pledge.area_id) if pledge.area_id is not None else None
        who = turn.numbered(giver) if turn.speaker.on_duty and giver.helps else turn.somebody(giver)
        values = {
            "given": pledge_words.of(turn, pledge, left=True),
            "who": who if giver.helps else Said("a_neighbor"),
            "where": Said("pledge_where", {"area": where}) if where else None,
            "until": pledge_words.until(turn, pledge.until),
        }
        rows.append(Said("pledge_row", values))
    left = len(found) - SHOWN
    more = Said("list_more", {"n": left}) if left > 0 else None
    yield turn.reply("pledges", rows=summary.Lines(rows), more=more)


def gone(turn: Turn, order: Order) -> Texts:
    """GONE: they no longer have it; of several, which is asked."""
    own = pledges.of(turn.session, turn.speaker.id)
    words = {*understand(order.note).needs_if_asked} if order.note else set[Need]()
    meant = [each for each in own if {*map(str, words)} & {*each.needs}] if words else own
    if not own and len(turn.matches) == 1:  # talk with the other side
        yield from relaying.pass_on(turn, turn.matches[0], turn.heard.body)
    elif not own:
        yield turn.reply("pledges_none_own")
    elif len(meant) == 1:
        yield giving.end(turn, meant[0], order.note)
    else:
        yield from _ask_which(turn, meant or own)


def _ask_which(turn: Turn, own: list[Pledge]) -> Texts:
    own = own[:CHOICES]
    turn.ask(turn.speaker, Question.GONE, options=len(own), words=" ".join(str(each.id) for each in own))
    rows = [
        Said("pledge_choice", {"n": n, "given": pledge_words.to_giver(turn, each)}) for n, each in enumerate(own, 1)
    ]
    yield turn.reply("pledge_which", rows=summary.Several(rows))


def which_gone(turn: Turn, intent: Answer) -> Texts:
    """Which of theirs is gone."""
    ids = [int(id_) for id_ in turn.asked.words.split()] if turn.asked else []
    if intent.choice is None or intent.choice > len(ids):
        yield turn.reply("nothing_waits")
        return
    turn.unask(turn.speaker)
    pledge = pledges.by_id(turn.session, ids[intent.choice - 1])
    if pledge is None or pledge.person_id != turn.speaker.id:
        yield turn.reply("nothing_waits")
    else:
        yield giving.end(turn, pledge)


def still_gives(turn: Turn, intent: Answer) -> Texts:
    """The answer to "still have it?": 1 keeps it as long again, 2 ends it."""
    pledge = pledges.by_id(turn.session, int(turn.asked.words)) if turn.asked else None
    if pledge is None or pledge.person_id != turn.speaker.id or pledge.state is not State.OPEN:
        turn.unask(turn.speaker)
        yield turn.reply("nothing_waits")
    elif intent.choice == YES:
        turn.unask(turn.speaker)
        pledge.until, pledge.renewal_asked_at = pledging.lasts(turn, pledge.kind), None
        pledge.changed_at = turn.now
        pledge.next_at = pledging.next_look(turn, pledge)
        turn.session.add(pledge)
        until = pledge_words.until(turn, pledge.until)
        yield turn.reply("pledge_renewed", given=pledge_words.to_giver(turn, pledge), until=until)
    elif intent.choice == NO:
        turn.unask(turn.speaker)
        yield giving.end(turn, pledge)
    else:
        yield turn.reply("pledge_still", given=pledge_words.to_giver(turn, pledge))


def gives(turn: Turn, intent: Answer) -> Texts:
    """The answer of a giver who is no volunteer: 1 a neighbor may have it, 2 not."""
    match_id = int(turn.asked.words) if turn.asked else 0
    found = pledges.match_by_id(turn.session, match_id)
    if found is None or found.person_id != turn.speaker.id:
        turn.unask(turn.speaker)
        yield turn.reply("nothing_waits")
        return
    request, pledge = requests.by_id(turn.session, found.request_id), pledges.by_id(turn.session, found.pledge_id)
    assert pledge is not None
    given = pledge_words.to_giver(turn, pledge)
    if intent.choice not in (YES, NO):
        yield turn.reply("pledge_needed", what=Needs(tuple(request.needs)), given=given)
        return
    turn.unask(turn.speaker)
    if intent.choice == NO:
        pledges.refuse(turn.session, found, turn.now)
        yield turn.reply("pledge_refused", given=given)
        yield from pledging.ask_another(turn, request) if request.live else ()
    elif pledging.says_yes(turn, match_id) is None:
        yield turn.reply("pledge_too_late", given=given)
    else:
        talk = intake.held_to_talk(turn)
        words = Quoted(pledge.text)
        told = [
            *turn.tell_duty(
                "duty_gives", about=talk, but=turn.speaker.id, words=words, needed=request.number, given=given
            )
        ]
        phrase = "pledge_promised" if told else "pledge_promised_nobody"
        yield turn.reply(phrase, about=talk)
        neighbor = people.by_id(turn.session, request.person_id)
        yield turn.tell(neighbor, "pledge_found", about=request, given=pledge_words.of(turn, pledge))
        yield from told or duty_tasks.call(turn, talk)
