"""What every column of every table is for once its person is erased: one declaration, which all that erases reads.

A column that is not named here is one that nobody has thought about: tests/test_retention.py finds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from models.alarms import Alarm
from models.assignments import Assignment
from models.attachments import Attachment
from models.board_sessions import BoardSession
from models.broadcasts import Broadcast
from models.delivery.contents import Content
from models.delivery.line_numbers import LineNumber, Spending
from models.delivery.outbound import Attempt, Outbound, StatusEvent
from models.delivery.workers import Worker
from models.distributions import Distribution, Invitation, Slot
from models.duty_tasks import DutyTask
from models.erasures import Erasure
from models.households import Household
from models.imports import ImportBatch, ImportedRow
from models.inbound import Inbound
from models.kept_apart import KeptApart
from models.line_events import LineEvent
from models.lines import Area, Line
from models.marks import Mark
from models.moves import Move
from models.number_changes import NumberChange
from models.offers import Offer
from models.people import Address, Person
from models.person_events import PersonEvent
from models.pledges import Pledge, PledgeMatch
from models.prefixes import Prefix
from models.proposals import Proposal, Remark, Vote
from models.purse import PurseEntry, PurseEvent
from models.recurring import Occurrence, RecurringNeed
from models.requests import Event, Request
from models.restores import Restore
from models.shifts import Shift
from models.stock import StockItem, StockPromise
from models.store.types import table
from models.surges import Surge
from models.timers import Timer


class Use(StrEnum):
    """What becomes of a column's value."""

    KEEP = "keep"  # it counts, orders or links, and tells nothing of anybody
    BLANK = "blank"  # it is emptied, and the row stays
    MARK = "mark"  # it is emptied, and kept beside a keyed hash: erasure does not undo it
    ERASE = "erase"  # the row goes


KEEP, BLANK, MARK, ERASE = Use.KEEP, Use.BLANK, Use.MARK, Use.ERASE


@dataclass(frozen=True)
class Retention:
    """One table: by which columns its rows are somebody's, and what each column is for.

    `of` are columns with the id of a person; `about` is the one with the id of a request, whose neighbor's the row is
    too. `id` and what is named in neither `blank`, `mark` nor `erase` must be named in `keep`.
    """

    of: tuple[str, ...] = ()
    about: str | None = None
    keep: str = ""
    blank: str = ""
    mark: str = ""
    erase: str = ""
    unless: sa.ColumnElement[bool] | None = None  # rows that stay as they are

    @property
    def uses(self) -> dict[str, Use]:
        """What becomes of each column."""
        lists = {KEEP: f"id {self.keep}", BLANK: self.blank, MARK: self.mark, ERASE: self.erase}
        return {name: use for use, names in lists.items() for name in names.split()}

    @property
    def goes(self) -> bool:
        """Whether whole rows go."""
        return bool(self.erase)


RETENTION: Mapping[type[SQLModel], Retention] = {
    Person: Retention(
        of=("id",),
        # The last text to them is in their language.
        keep="line_id language erased_at cleared_at created_at asked_today told_apart",
        blank="name languages can areas max_open hours_from hours_until digest_since introduced_at unanswered "
        "survey_sent_at helper_since vouched_at vouched_by_person_id on_duty_since duty_at away_until silent_since "
        "discreet_since discreet_from discreet_until wake_since watch_asked_at leave_asked_at last_asked_at asked_on "
        "pending_offer_request_id pending_question question_asked_at household_id former",
        mark="opted_out_at banned_at",
    ),
    Address: Retention(
        of=("person_id",),
        erase="line_id person_id channel value last_heard_at reply_times answered_on answered_today ranked_until "
        "recent_texts muted_until paused_until unreachable_count undeliverable_code undeliverable_at by_rcs "
        "window_opened_at window_closed_at waits_since knocked_at cut_off_at waits_told_at created_at",
    ),
    Request: Retention(
        of=("person_id",),
        keep="line_id number person_id state outcome needs people urgency emergency danger area_id language "
        "helpers_wanted helpers_have next_wave_at needed_as needed_from needed_until parent_request_id "
        "duty_person_id about_person_id repeats wanted_at wave booked_until unfilled_since queued_at turn_at "
        "next_action_at blanked_at changed_at created_at",
        blank="text vicinity place building block for_name code_word ask_first",
    ),
    Event: Retention(
        of=("by_person_id",),
        about="request_id",
        keep="request_id at kind state by_person_id",
        blank="words",
        unless=col(Event.kind).in_(("merged", "wave")),  # whose words are a number of ours
    ),
    Alarm: Retention(
        of=("person_id",),
        about="request_id",
        keep="line_id next_at request_id person_id kind raised_at step heard_at taken_by_person_id safe_at ended_at",
        blank="words",
    ),
    Assignment: Retention(
        of=("person_id",),
        about="request_id",
        keep="request_id person_id state taken_at leased_until heard_at comes_as comes_from comes_until reminded_at "
        "nudged_at warned_at at_door_at on_the_way_at place_shown_at ended_at",
        blank="note",
    ),
    Offer: Retention(
        of=("person_id",),
        about="request_id",
        keep="line_id request_id lead_request_id person_id wave state created_at expires_at answered_at",
    ),
    Pledge: Retention(
        of=("person_id",),
        keep="line_id next_at person_id kind state needs count left days begins ends area_id language until "
        "renewal_asked_at changed_at created_at",
        blank="text thing things vicinity place",
    ),
    PledgeMatch: Retention(
        of=("person_id",), about="request_id", keep="line_id pledge_id request_id person_id state at changed_at"
    ),
    # What a group has is the group's, not theirs who said so.
    StockItem: Retention(
        of=("by_person_id",),
        keep="line_id next_at label needs things count left pickup until by_person_id created_at ended_at",
    ),
    StockPromise: Retention(
        of=("person_id",),
        keep="line_id item_id request_id person_id state count asked_at answer_by changed_at",
    ),
    DutyTask: Retention(
        of=("about_person_id",),
        about="request_id",
        keep="line_id next_at request_id about_person_id phrase raised_at said called_at taken_by_person_id ended_at",
    ),
    Broadcast: Retention(
        of=("by_person_id",),
        keep="line_id by_person_id audience area_id created_at confirmed_by_person_id sent_at cancelled_at",
        blank="words",
    ),
    # Where and when a group gives out what is the group's, not theirs who announced it.
    Distribution: Retention(
        of=("by_person_id",),
        keep="line_id next_at number by_person_id stage begins_at ends_at place places slot_minutes needs last_tag "
        "batches told_at created_at over_at",
        blank="why",
    ),
    Slot: Retention(keep="distribution_id slot capacity taken walkins"),
    Invitation: Retention(
        of=("person_id",),
        about="request_id",
        keep="line_id distribution_id person_id request_id state batch slot tag invited_at answer_until booked_at "
        "evening_at soon_at met changed_at",
    ),
    PersonEvent: Retention(
        of=("person_id", "by_person_id"),
        keep="line_id person_id at kind by_person_id request_id proposal_id",
        blank="words",
    ),
    # What a group does about its own line: what changed is the group's, not theirs who changed it.
    ImportBatch: Retention(keep="line_id kind made changed created_at undone_at", blank="source"),
    ImportedRow: Retention(
        of=("person_id",),
        about="request_id",
        keep="batch_id line_id person_id request_id number is_new address_id created_at",
        blank="before after",
    ),
    LineEvent: Retention(of=("by_person_id",), keep="line_id at kind name before after by_person_id proposal_id"),
    # What was decided, and what it does, is the group's; the words are theirs who wrote them.
    Proposal: Retention(
        of=("by_person_id",),
        keep="line_id number by_person_id language effect state revision hours asked_at closes_at reminded_at "
        "closed_at agreed aside blocked needed undone_because created_at",
        blank="words",
    ),
    Vote: Retention(of=("person_id",), erase="proposal_id person_id voice revision words at"),
    Remark: Retention(of=("person_id",), erase="proposal_id person_id words at"),
    # What a group spent and got is the group's for as long as it keeps books; the words are theirs who wrote them.
    PurseEntry: Retention(
        of=("person_id",),
        about="request_id",
        keep="line_id next_at number kind state cents revision person_id request_id proposal_id attachment_id "
        "asker_id said_at approved_at paid_at changed_at",
        blank="words",
    ),
    PurseEvent: Retention(
        of=("by_person_id",), keep="line_id entry_id kind revision cents by_person_id at", blank="words"
    ),
    KeptApart: Retention(
        of=("neighbor_id", "helper_id"), keep="line_id neighbor_id helper_id neighbor_hash helper_hash at"
    ),
    Shift: Retention(
        of=("person_id",),
        erase="line_id person_id starts_at ends_at begins ends weekly reminded_at began_at cover_asked_at asked "
        "created_at",
    ),
    Occurrence: Retention(of=("person_id",), erase="recurring_id person_id day fate request_id at"),
    RecurringNeed: Retention(
        of=("person_id",),
        erase="line_id next_at person_id rule starts_on needed_as begins ends needs people urgency area_id vicinity "
        "place text language helper_id next_on review_at review_asks paused_at ended_at created_at",
    ),
    NumberChange: Retention(
        of=("person_id", "other_person_id"),
        erase="line_id next_at person_id other_person_id by_person_id code step old_addresses created_at ended_at",
    ),
    BoardSession: Retention(
        of=("person_id",),
        erase="line_id person_id link_hash link_until key_hash opened_at duty_until ends_at ended_at created_at",
    ),
    # `sid` is the carrier's id: by it a second delivery of a text is dropped, until nobody brings one any more.
    Inbound: Retention(
        of=("person_id",),
        keep="line_id sid channel person_id intent cost received_at",
        blank="from_address body media location fields",
    ),
    Outbound: Retention(
        of=("person_id",),
        about="request_id",
        keep="line_id person_id request_id key phrase channel from_number by_rcs segments lane rank state tries "
        "retries not_before expires_at leased_until leased_by look_since sid price cost error_code reported_at "
        "created_at changed_at attachment_id",
        blank="to body media form",
    ),
    # Without an address and without bytes it is nothing, in whatever state.
    Attachment: Retention(
        of=("person_id",),
        about="request_id",
        keep="line_id person_id request_id receipt kind state tries next_at created_at",
        blank="url content_type size content",
    ),
    Attempt: Retention(keep="outbound_id started_at ended_at result error_code sid"),
    StatusEvent: Retention(keep="outbound_id at status sid error_code"),
    Mark: Retention(keep="line_id hash erased_at kept sids known_again_at"),
    Erasure: Retention(of=("person_id",), erase="line_id person_id things unread waits_from waits_to looked_at"),
    # These are nobody's: a group's own, or figures.
    Line: Retention(
        keep="name sms whatsapp language timezone country emergency_number from_settings web_address carrier "
        "last_request last_distribution last_proposal last_purse_entry currency paused_until answering resources "
        "rules answers hash_key swept created_at"
    ),
    Area: Retention(keep="line_id name aliases"),
    Household: Retention(keep="line_id code code_until created_at"),  # whose it is stands with the people
    LineNumber: Retention(keep="line_id channel number next_at paused_until paused_since pause_code"),
    Spending: Retention(keep="line_id day segments micros heard_micros heard_to reported_at ceiling_reported_at"),
    Content: Retention(
        keep="account kind name language digest names buttons body sid approval reason created_at changed_at"
    ),
    Worker: Retention(keep="seen_at"),
    Prefix: Retention(keep="line_id prefix day phones reported_at"),
    Surge: Retention(
        keep="line_id most held_since next_wave_at free_until over_since queued_since tap tap_rate carried claims "
        "measured_at turn_at reminded_at"
    ),
    Timer: Retention(keep="line_id next_at kind"),
    Restore: Retention(keep="at read_from doubted_until caught_up_at"),
    Move: Retention(keep="token direction other began_at ended_at"),
}


def blanks(of: type[SQLModel]) -> dict[str, Any]:
    """The empty values of the columns that are emptied."""
    columns = table(of).c
    return {name: _empty(columns[name]) for name, use in RETENTION[of].uses.items() if use in (BLANK, MARK)}


def _empty(column: sa.Column[Any]) -> Any:
    if column.nullable:
        return sa.null()
    if isinstance(column.type, sa.JSON):
        return {} if column.key in ("fields", "ranked_until") else []
    return 0 if isinstance(column.type, sa.Integer) else ""


def whose(of: type[SQLModel], person_id: int, *, about: bool = True) -> sa.ColumnElement[bool]:
    """Whether a row is this person's, and with `about` also if it is about what they asked for."""
    columns, kept = table(of).c, RETENTION[of]
    theirs = [columns[name] == person_id for name in kept.of]
    if about and kept.about is not None:
        asked = sa.select(table(Request).c.id).where(table(Request).c.person_id == person_id)
        theirs.append(columns[kept.about].in_(asked))
    return sa.and_(sa.or_(*theirs), sa.true() if kept.unless is None else ~kept.unless)
