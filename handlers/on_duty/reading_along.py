"""What neighbor and helper wrote to each other: whoever is on duty may read it, and everybody sees that they did."""

import re
from datetime import timedelta

from handlers.turn import Context, Texts
from handlers.where import doors, vicinity
from models import assignments, events, kept_apart, requests
from models.delivery import about
from models.people import Person
from models.requests import Request

READ = "talk_read"  # the event
LASTS = timedelta(hours=1)  # in which it need not be asked for again
MOST = 500  # texts that are looked through for a place
QUOTED = re.compile(r'"([^"]*)"')  # in a text of ours, what people said


def may_read(context: Context, request: Request, person: Person) -> bool:
    """Whether somebody on duty may: not if they have a part in it, nor if it may be about them."""
    if request.person_id == person.id or kept_apart.are(context.session, request, person.id):
        return False
    return person.id not in assignments.ever_on(context.session, request)


def reads(context: Context, request: Request, person: Person) -> bool:
    """Whether they asked for it lately, and still may."""
    if not may_read(context, request, person):
        return False
    return bool(events.did_since(context.session, request, READ, person.id, context.now - LASTS))


def read(context: Context, request: Request, person: Person) -> tuple[bool, Texts]:
    """Let them read it; False where it tells an exact place, and that would be one too many. And what duty hears."""
    if not may_read(context, request, person):
        return False, iter(())
    texts: Texts = iter(())
    if _tells_place(context, request):
        shown, texts = doors.show_on_duty(context, request, person)
        if shown.hidden:
            return False, texts
    if not reads(context, request, person):
        requests.record(context.session, request, READ, context.now, by=person.id)
    return True, texts


def _tells_place(context: Context, request: Request) -> bool:
    if doors.withheld(context, request):
        return True
    told = vicinity.of(request, context.line.policy.offer_shows)
    said = [event.words for event in events.history(context.session, request) if event.words]
    for text in about.texts(context.session, request, MOST):
        said += QUOTED.findall(text.body)
    return any(vicinity.tells_place(words, told=told) for words in dict.fromkeys(said))
