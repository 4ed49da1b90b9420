"""A request in a language that we do not speak, of which we did not understand enough: a person has to read it.

Its author is told so in that language, in one line that says what to send; whoever is on duty gets the words.
"""

from handlers import phrasebook
from handlers.turn import Context, Texts
from handlers.wording.summary import Tongue, brief
from models import people, requests
from models.delivery.outbound import Lane
from models.requests import Request


def needed(request: Request) -> bool:
    """Whether its words are in a language that we do not speak."""
    return request.language in phrasebook.unspoken()


def hold(context: Context, request: Request, words: str) -> Texts:
    """Keep it for a person, with these words that came just now."""
    neighbor = people.by_id(context.session, request.person_id)
    requests.hold(context.session, request, context.now, kind="untranslated", by=neighbor.id)
    yield context.tell(neighbor, "foreign_look", about=request, lane=Lane.REPLY)
    language = Tongue(request.language)
    yield from context.tell_duty(
        "duty_foreign", about=request, but=neighbor.id, language=language, words=brief(words)
    )
