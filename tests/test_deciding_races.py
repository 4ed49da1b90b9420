"""The last second of a proposal in two processes: a voice counts and is in the told numbers, or hears it is over;
what was decided is done once, and everybody hears of it once.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import col, select

from models import lines, proposals
from models.delivery.outbound import Outbound
from models.line_events import LineEvent
from models.proposals import Proposal, State
from models.store.session import Session
from tests.racing import BEN, CARO, DAY, DEE, ELI, TICK, Course, Deed, act, leave

ROUNDS = 6
SECOND = timedelta(seconds=1)
RESULTS = ("proposal_passed", "proposal_blocked", "proposal_too_few")
COUNTED = ("proposal_you_agree", "proposal_you_aside", "proposal_you_block")
FIGURE = "doors_per_day"


class Table:
    """Four volunteers who decide, each time about something new."""

    def __init__(self, course: Course) -> None:
        self.course, self.hotline = course, course.hotline
        course.add(DEE, "Dee", helper=True)
        course.add(ELI, "Eli", helper=True)
        self.hotline.clock.advance(DAY)

    def at_once(self, *deeds: Deed, behind: timedelta = timedelta(0)) -> None:
        """Both act now; the clock of the second process is so far behind."""
        moments = self.course.now, self.course.now - behind
        url, both = self.hotline.settings.database_url, self.course.both
        doing = [
            pool.submit(act, url, now, deed, both.chance.uniform(0, 0.008))
            for pool, now, deed in zip(both.pools, moments, deeds, strict=True)
        ]
        for one in doing:
            one.result()

    def says(self, who: str, words: str) -> None:
        """Somebody texts, and nobody else does anything."""
        act(self.hotline.settings.database_url, self.course.now, (who, words), 0)

    def proposal(self) -> Proposal:
        """The last one."""
        return self.hotline.database.read(lambda s: proposals.latest(s, 1, 1)[0])

    def asked(self, words: str) -> Proposal:
        """Ben proposes it."""
        self.says(BEN, f"PROPOSE 24 hours {words}")
        made = self.proposal()
        assert made.is_open, [(t.phrase, t.body) for t in self.others(0) if t.to == BEN][-4:]
        return made

    def time_is_up(self, made: Proposal) -> None:
        self.hotline.clock.advance(made.closes_at - self.course.now)

    def said(self, since: int, *phrases: str) -> list[Outbound]:
        """The texts of these kinds since that one."""
        newer = select(Outbound).where(Outbound.id > since, col(Outbound.phrase).in_(phrases))
        return self.hotline.database.read(lambda s: list(s.exec(newer)))

    def others(self, since: int, *phrases: str) -> list[Outbound]:
        """The texts since that one which are of no such kind."""
        newer = select(Outbound).where(Outbound.id > since, col(Outbound.phrase).not_in(phrases))
        return self.hotline.database.read(lambda s: list(s.exec(newer)))

    def kept(self, id_: int) -> Proposal:
        """That proposal as it stands now."""
        return self.hotline.database.read(lambda s: proposals.by_id(s, id_))

    def voices(self, id_: int) -> list[int]:
        """Whose voices count to its present words."""
        return self.hotline.database.read(
            lambda s: [vote.person_id for vote in proposals.votes(s, proposals.by_id(s, id_))]
        )

    def last_text(self) -> int:
        return self.hotline.database.read(lambda s: max(s.exec(select(Outbound.id)), default=0))

    def over(self) -> None:
        """The next day."""
        self.hotline.clock.advance(DAY)


@pytest.fixture
def table(course: Course) -> Iterator[Table]:
    yield Table(course)
    leave(course.hotline.settings.database_url)  # a clock never runs backwards: the next test may get this database


def told_once(table: Table, since: int, made: Proposal) -> Proposal:
    """Everybody hears one result, and it is the one that is kept."""
    over = table.hotline.database.read(lambda s: proposals.by_id(s, made.id))
    results = table.said(since, *RESULTS)
    assert Counter(text.to for text in results) == Counter([BEN, CARO, DEE, ELI])
    (phrase,) = {text.phrase.removesuffix("_short") for text in results}
    passed = over.blocked == 0 and (over.agreed or 0) + (over.aside or 0) >= (over.needed or 0)
    assert (over.state is State.PASSED) == passed == (phrase == "proposal_passed")
    assert all(f"{over.agreed} agree" in text.body for text in results)
    return over


def test_two_processes_close_it_once_and_do_once_what_it_says(table: Table) -> None:
    for turn in range(ROUNDS):
        made = table.asked(f"SET doors per day {turn + 3}")
        table.says(CARO, f"AGREE {made.number}")
        table.time_is_up(made)
        since = table.last_text()
        table.at_once(TICK, TICK)
        assert told_once(table, since, made).state is State.PASSED

        def events(session: Session, proposal_id: int = made.id) -> list[tuple[str, object]]:
            done = session.exec(select(LineEvent).where(LineEvent.proposal_id == proposal_id))
            return [(event.name, event.after) for event in done]

        assert table.hotline.database.read(events) == [(FIGURE, turn + 3)]
        assert table.hotline.database.read(lambda s: lines.by_id(s, 1).policy.doors_per_day) == turn + 3
        table.over()


@pytest.mark.parametrize("words", ["AGREE {n}", "ASIDE {n}", "BLOCK {n} it costs too much"])
def test_a_voice_in_the_last_second_counts_or_hears_that_it_is_over(table: Table, words: str) -> None:
    for _ in range(ROUNDS):
        made = table.asked("soup on Sundays")
        table.says(DEE, f"AGREE {made.number}")
        table.time_is_up(made)
        since = table.last_text()
        table.at_once(TICK, (CARO, words.format(n=made.number)), behind=SECOND)
        over = told_once(table, since, made)
        (answer,) = [text for text in table.others(since, *RESULTS) if text.to == CARO]
        counted = (over.agreed or 0) + (over.aside or 0) + (over.blocked or 0) - 2
        assert counted == (answer.phrase in COUNTED)
        table.over()


def test_two_voices_at_the_same_moment_both_count(table: Table) -> None:
    for _ in range(ROUNDS):
        made = table.asked("soup on Sundays")
        table.at_once((CARO, f"AGREE {made.number}"), (DEE, f"ASIDE {made.number}"))
        table.at_once((ELI, f"AGREE {made.number}"), (CARO, f"ASIDE {made.number}"))
        table.time_is_up(made)
        since = table.last_text()
        table.at_once(TICK, TICK)
        over = told_once(table, since, made)
        assert (over.agreed, over.aside, over.blocked) == (2, 2, 0)
        table.over()


def test_it_is_taken_back_or_counted_and_never_both(table: Table) -> None:
    for _ in range(ROUNDS):
        made = table.asked("soup on Sundays")
        table.says(CARO, f"AGREE {made.number}")
        table.time_is_up(made)
        since = table.last_text()
        table.at_once(TICK, (BEN, f"PROPOSAL {made.number} OFF"), behind=SECOND)
        results, off = table.said(since, *RESULTS), table.said(since, "proposal_withdrawn")
        over = table.kept(made.id)
        assert (len(results), len(off)) == ((0, 3) if over.state is State.WITHDRAWN else (4, 0))
        table.over()


def test_new_words_and_a_voice_at_the_same_moment(table: Table) -> None:
    """The voice is to the old words and no longer counts, or to the new ones and does; its answer says which."""
    for _ in range(ROUNDS):
        made = table.asked("soup on Sundays")
        table.at_once((BEN, f"AMEND {made.number} stew on Mondays"), (CARO, f"AGREE {made.number}"))
        changed, said = table.kept(made.id), table.voices(made.id)
        (answer,) = [text for text in table.said(0, "proposal_you_agree") if text.body.count(f"{made.number}:")][-1:]
        assert (len(said) == 2) == ("stew" in answer.body)
        table.time_is_up(changed)
        since = table.last_text()
        table.at_once(TICK, TICK)
        assert told_once(table, since, made).agreed == len(said)
        table.over()
