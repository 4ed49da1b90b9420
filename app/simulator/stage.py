"""Plays a transcript on a real hotline with the simulated network, and writes down what every phone got."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from sqlmodel import col, select

from app.hotline import Hotline
from app.simulator.transcript import Phone, Says, Stands, Step, Transcript, Waits
from handlers.understanding import needs
from models import lines, people, requests
from models.delivery.outbound import Outbound
from models.inbound import Heard
from models.lines import Area, Line
from models.requests import Request, State
from models.store.session import Session
from tests import fakes
from tests.fakes import Recorder, StillClock

TYPING = timedelta(seconds=20)  # people read and type; who is quicker may be taken for a machine
TOO_OFTEN = 1_000  # looks in one wait: time that never comes to rest is a fault


class Stage:
    """A hotline, the phones around it, and how far the story has come."""

    def __init__(self, story: Transcript, database_url: str) -> None:
        self.story = story
        self.clock = StillClock()
        self.carrier = Recorder()
        more = {"hotline_whatsapp": fakes.WHATSAPP, **story.settings}
        self.hotline = Hotline(fakes.settings(database_url, **more), carrier=self.carrier, clock=self.clock)
        self.hotline.prepare()
        self.hotline.database.write(self._set).result()
        self.sids = count(1)
        self.shown = 0  # how much of what the carrier carried is written down
        self.codes: dict[str, int] = {}  # code word -> number of the request it opens

    def _set(self, session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = dict(self.story.rules)
        session.add(line)
        for name, aliases in self.story.areas.items():
            session.add(Area(line_id=line.id, name=name, aliases=aliases))
        session.flush()
        areas = {area.name: area.id for area in lines.areas(session, line.id)}
        for phone in self.story.phones.values():
            if phone.known:
                self._add(session, line, phone, areas)

    def _add(self, session: Session, line: Line, phone: Phone, areas: dict[str, int]) -> None:
        person = people.add(
            session,
            line,
            phone.channel,
            phone.value,
            self.clock.now(),
            name=phone.name,
            helper="helps" in phone.roles,
            duty="duty" in phone.roles,
            language=phone.language,
            areas=[areas[name] for name in phone.areas],
            can=[need for word in phone.can for need in needs.named(word) or (word,)],
        )
        person.max_open = phone.max_open
        session.add(person)

    def play(self) -> Transcript:
        """The story as it really went."""
        return replace(self.story, steps=[self._act(step) for step in self.story.steps])

    def _act(self, step: Step) -> Step:
        match step.act:
            case Says(phone, words):
                self._say(phone, words)
            case Waits(by):
                self._wait(by)
            case Stands(number):
                return replace(step, line=f"? #{number} {self._stands(number)}")
        return replace(step, heard=self._heard())

    def _say(self, phone: Phone, words: str) -> None:
        self.clock.advance(TYPING)
        sid = f"SM{next(self.sids):032x}"
        self.hotline.receive(Heard(sid, phone.channel, phone.value, phone.number, words)).result()
        self.hotline.sender.drain()

    def _wait(self, by: timedelta) -> None:
        """Let time pass as it would: everything that falls due happens at its own moment."""
        until = self.clock.now() + by
        for _ in range(TOO_OFTEN):
            due = self.hotline.database.read(_next_due)
            if due is None or due > until:
                self.clock.advance(until - self.clock.now())
                self.hotline.sender.drain()
                return
            self.clock.advance(due - self.clock.now())
            self.hotline.tick()
            self.hotline.sender.drain()
        raise AssertionError("time never comes to rest: something is due again and again")

    def _stands(self, number: int) -> str:
        request = self.hotline.database.read(lambda s: requests.by_number(s, lines.all_lines(s)[0].id, number))
        if request is None:
            return "nothing"
        return f"{request.state} {request.outcome}" if request.outcome else str(request.state)

    def _heard(self) -> tuple[tuple[str, str], ...]:
        carried = self.carrier.carried[self.shown :]
        if not carried:
            return ()
        self.shown += len(carried)
        return self.hotline.database.read(lambda s: tuple(self._written(s, [text.id for text in carried])))

    def _written(self, session: Session, ids: list[int]) -> list[tuple[str, str]]:
        for request in session.exec(select(Request)):
            self.codes[request.code_word] = request.number
        phones = {(phone.channel, phone.value): label for label, phone in self.story.phones.items()}
        rows = session.exec(select(Outbound).where(col(Outbound.id).in_(ids)).order_by(col(Outbound.id)))
        return [(phones[row.channel, row.to], self._stable(session, row)) for row in rows]

    def _stable(self, session: Session, row: Outbound) -> str:
        """The text as written into a transcript: code words are chance, so they show as CODE and the number."""
        text = row.body.replace("\n", " / ")
        about = session.get(Request, row.request_id) if row.request_id else None
        own = {about.code_word: about.number} if about else {}
        for word, number in {**self.codes, **own}.items():
            if word:
                text = re.sub(rf"\b{re.escape(word)}\b", f"CODE{number}", text)
        return text

    def close(self) -> None:
        """Let go of the hotline."""
        self.hotline.stop()


def _next_due(session: Session) -> datetime | None:
    query = select(Request.next_action_at).where(
        col(Request.state) != State.CLOSED, col(Request.next_action_at).is_not(None)
    )
    return session.exec(query.order_by(col(Request.next_action_at))).first()
