"""BOARD and LOGOUT: a link that opens the members' board once, and the end of all that such links opened."""

from dataclasses import replace

from handlers.turn import Context, Text, Texts, Turn
from handlers.understanding.intents import Order
from handlers.wording.summary import Ours
from models import board_sessions, marks
from models.board_sessions import LINK_LASTS
from models.delivery.outbound import Lane
from models.people import Person

PATH = "/b"  # short: every letter of a link is paid for


def board(turn: Turn, _: Order) -> Texts:
    """BOARD: the link, where the hotline has an address on the web."""
    if turn.line.web_address is None:
        yield turn.reply("board_nowhere")
        return
    marks.give_key(turn.session, turn.line)  # under which open pages hear that something has changed
    secret = board_sessions.ask(turn.session, turn.line.id, turn.speaker.id, turn.now)
    link = f"{turn.line.web_address}{PATH}/{secret}"
    text = turn.reply("board_link", link=Ours(link), n=LINK_LASTS.seconds // 60)
    yield replace(text, expires_at=turn.now + LINK_LASTS)


def opened(context: Context, person: Person) -> Text:
    """Their link was used: if not by them, they can end it."""
    return context.tell(person, "board_opened", lane=Lane.REPLY)


def logout(turn: Turn, _: Order) -> Texts:
    """LOGOUT: every phone and computer on which the board is open."""
    n = board_sessions.end_all(turn.session, turn.speaker.id, turn.now)
    yield turn.reply("board_closed", n=n)
