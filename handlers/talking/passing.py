"""Pictures and voice messages from one side of a request to the other: written down here, fetched later.

A text that carries one waits for it (models/delivery/attached.py); what cannot be fetched is told to both sides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from handlers.talking import media
from handlers.talking.media import Medium
from handlers.turn import DAY, KEPT, Context, Text, Texts, Turn
from handlers.wording.summary import Said, Several, Sight
from models import assignments, attachments, kept_apart, people, purse, purse_steps, requests
from models.assignments import Assignment
from models.assignments import State as AssignmentState
from models.attachments import Kind, Piece
from models.delivery.outbound import Lane
from models.people import Person
from models.requests import Request

GO_ON = {Medium.PICTURE: Kind.PICTURE, Medium.VOICE: Kind.VOICE}
YOURS = {Kind.PICTURE: "your_picture", Kind.VOICE: "your_voice"}
# Texts that say only what comes along; without it they are not sent.
FROM_NEIGHBOR, FROM_HELPER, TO_DUTY, RECEIPT = "from_neighbor_sent", "from_helper_sent", "duty_sent", "duty_receipt"
WORDLESS = frozenset({FROM_NEIGHBOR, FROM_HELPER, TO_DUTY, RECEIPT})
# By which their sender hears that they went on: once they are here, and not at all if they never come.
SAID = frozenset({"passed_on", "passed_on_to", "passed_when_read", "passed_quietly", "passed_to_duty"})
AFTER_CLAIM = 3  # of what came with a need; the board has the others


@dataclass(frozen=True)
class Came:
    """What came with a text and may go on: its ids with what each is; and whether there was more than may."""

    pieces: tuple[tuple[int, Kind], ...] = ()
    too_many: bool = False

    def named(self) -> Several:
        """`your picture and your voice message`, each kind once."""
        return Several([Said(YOURS[kind]) for kind in dict.fromkeys(kind for _, kind in self.pieces)])


def named(kinds: Sequence[Kind]) -> Several:
    """`a picture and a voice message`, each once."""
    return Several([Said(f"a_{kind}") for kind in dict.fromkeys(kinds)])


def came(turn: Turn, request: Request | None, *, receipt: bool = False) -> Came:
    """Write down what came with this text, once, to be fetched; `receipt`: it is for duty."""
    key = "came", turn.heard.id
    if key not in turn.session.cache:
        turn.session.cache[key] = _written_down(turn, request, receipt=receipt)
    found: Came = turn.session.cache[key]
    return found


def is_noted(turn: Turn) -> bool:
    """Whether somebody has seen to what came."""
    return ("came", turn.heard.id) in turn.session.cache


def _written_down(turn: Turn, request: Request | None, *, receipt: bool) -> Came:
    wanted = [(url, kind) for url, type_ in turn.heard.media if (kind := GO_ON.get(media.kind(type_))) and url]
    if not wanted:
        return Came()
    room = turn.line.policy.media_per_day - attachments.sent_since(turn.session, turn.speaker.id, turn.now - DAY)
    if room > 0 and attachments.is_full(turn.session, turn.line):
        room = 0
    request_id = request.id if request is not None else None
    pieces = []
    for url, kind in wanted[: max(room, 0)]:
        id_ = attachments.note(
            *(turn.session, turn.line, turn.speaker.id, kind, url, turn.now), request_id=request_id, receipt=receipt
        )
        pieces.append((id_, kind))
    return Came(tuple(pieces), too_many=len(wanted) > len(pieces))


def refused(turn: Turn, request: Request, other: Person | None) -> Texts:
    """What goes to nobody: the sender hears what would help, the other side that it came."""
    if not media.refused(turn.heard):
        return
    there = other is not None and other.opted_out_at is None
    what = media.named(media.refused(turn.heard))
    tell = turn.tell(other, "media_came", about=request, lane=Lane.REPLY, what=what) if other and there else None
    yield from media.to_other(turn, request, tell)


def enough(turn: Turn, found: Came) -> Texts:
    """There was more than may go on today."""
    if found.too_many:
        yield turn.later(turn.reply("media_enough"))


def waits_for_door(turn: Turn, request: Request, other: Person, held: Assignment | None) -> bool:
    """Whether a neighbor's picture waits, for it may show a door that whoever comes has not been shown."""
    if held is None or turn.speaker.id != request.person_id or held.person_id != other.id:
        return False
    return _hidden(turn, request, other, held)


def sees_door(context: Context, request: Request, person: Person, held: Assignment) -> bool:
    """Whether whoever has a request may see what could show the door."""
    return not _hidden(context, request, person, held)


def _hidden(context: Context, request: Request, person: Person, held: Assignment) -> bool:
    placed = request.place is not None or request.vicinity is not None
    return held.place_shown_at is None and placed and context.is_newcomer(person)


def with_words(text: Text, found: Came, sent: str) -> Iterator[Text]:
    """A text of somebody's words with what came beside them: the first picture goes with it, all else by itself."""
    first = next((id_ for id_, kind in found.pieces if kind is Kind.PICTURE), None)
    yield replace(text, enclosed=first, merged="", not_before=None) if first is not None else text
    for id_, kind in found.pieces:
        if id_ != first:
            yield replace(
                text,
                phrase=sent,
                values={**text.values, "what": named([kind])},
                enclosed=id_,
                merged="",
                not_before=None,
            )


def beside_words(turn: Turn, request: Request, other: Person, texts: list[Text], text: Text, found: Came) -> Texts:
    """What came beside words for the other side; `texts` are what these have become of `text`, which says them."""
    held = assignments.held_of(turn.session, request, other.id, AssignmentState.ACTIVE)
    if waits_for_door(turn, request, other, held[0] if held else None):
        yield from texts
        yield door_first(turn, request, other, found)
    elif texts == [text] and not request.in_danger:
        yield from with_words(text, found, FROM_NEIGHBOR if turn.speaker.id == request.person_id else FROM_HELPER)
    else:  # these words wait for others of theirs, or for nothing
        yield from texts
        yield from alone(turn, request, other, found)


def door_first(turn: Turn, request: Request, other: Person, found: Came) -> Text:
    """The neighbor hears that their picture waits until whoever comes may see the door."""
    name = turn.somebody(other)
    return turn.later(turn.reply("media_waits", about=request, what=found.named(), name=name), KEPT)


def once_here(reply: Text, found: Came) -> Text:
    """That it went on is said once it is here; whom to call, at once."""
    return replace(reply, enclosed=found.pieces[-1][0]) if reply.phrase in SAID else reply


def alone(turn: Turn, request: Request, other: Person, found: Came) -> Texts:
    """What came without words, to the other side."""
    phrase = FROM_NEIGHBOR if turn.speaker.id == request.person_id else FROM_HELPER
    name = turn.somebody(turn.speaker)
    for id_, kind in found.pieces:
        text = turn.tell(other, phrase, about=request, lane=Lane.REPLY, name=name, what=named([kind]))
        yield replace(text, enclosed=id_)


def alone_where_seen(turn: Turn, request: Request, other: Person, found: Came) -> Texts:
    """The same for one more who comes, if they may see the door."""
    held = assignments.held_of(turn.session, request, other.id, AssignmentState.ACTIVE)
    if not waits_for_door(turn, request, other, held[0] if held else None):
        yield from alone(turn, request, other, found)


def to_duty(turn: Turn, request: Request, found: Came, phrase: str = TO_DUTY, *, lane: Lane = Lane.NOTICE) -> Texts:
    """The same to whoever is on duty; a newcomer there hears that it came."""
    name = turn.somebody(turn.speaker)
    for id_, kind in found.pieces:
        for text in turn.tell_duty(phrase, about=request, but=turn.speaker.id, what=named([kind]), name=name):
            seen = turn.sight_on_duty(request, text.to) is Sight.NEAR
            yield replace(text, lane=lane, enclosed=id_ if seen else None)


def follow(context: Context, request: Request, person: Person, held: Assignment) -> Texts:
    """What came with a need goes to whoever has it in hand now, once they may see the door."""
    if _hidden(context, request, person, held):
        return
    theirs = [
        piece
        for piece in attachments.of_request(context.session, request.id)
        if piece.person_id == request.person_id and not piece.receipt
    ]
    for piece in theirs[-AFTER_CLAIM:]:
        what = named([piece.kind])
        text = context.tell(person, FROM_NEIGHBOR, about=request, lane=Lane.REPLY, what=what)
        yield replace(text, enclosed=piece.id)


def may_have(context: Context, piece: Piece, person_id: int) -> bool:
    """Whether it still goes to whom it was meant for: since it was sent they may have left it to others."""
    if piece.request_id is None or person_id == piece.person_id:
        return True
    request = requests.by_id(context.session, piece.request_id)
    if piece.receipt and (entry := purse.with_receipt(context.session, piece.id)) is not None:
        return person_id in purse_steps.asked_for_ok(context.session, entry)
    if any(kept_apart.hides(context.session, request, id_) for id_ in (person_id, piece.person_id)):
        return False
    if person_id == request.person_id or people.by_id(context.session, person_id).on_duty:
        return True
    return assignments.held_of(context.session, request, person_id) is not None


def late(context: Context, piece: Piece, readers: Sequence[Person]) -> Texts:
    """It comes after the words that it was sent with."""
    request = requests.by_id(context.session, piece.request_id) if piece.request_id is not None else None
    if request is None:
        return
    sender = people.by_id(context.session, piece.person_id)
    phrase = FROM_NEIGHBOR if sender.id == request.person_id else FROM_HELPER
    for reader in readers:
        text = context.tell(
            *(reader, phrase),
            about=request,
            lane=Lane.REPLY,
            what=named([piece.kind]),
            name=context.somebody(sender),
        )
        yield replace(text, enclosed=piece.id)


def failed(context: Context, piece: Piece, readers: Sequence[Person], *, lost: bool) -> Texts:
    """It could not be fetched (`lost`), or nothing can be made of it: its sender hears it, and who waits for it."""
    sender = people.by_id(context.session, piece.person_id)
    if sender.erased_at is not None:
        return
    request = requests.by_id(context.session, piece.request_id) if piece.request_id is not None else None
    what = Said(YOURS[piece.kind])
    if request is None:
        yield context.tell(sender, "media_lost_early" if lost else "media_unusable_early", lane=Lane.REPLY, what=what)
        return
    yield context.tell(sender, "media_lost" if lost else "media_unusable", about=request, lane=Lane.REPLY, what=what)
    for reader in readers:
        if reader.id != sender.id:
            yield context.tell(reader, "media_missing", about=request, lane=Lane.REPLY, what=named([piece.kind]))
