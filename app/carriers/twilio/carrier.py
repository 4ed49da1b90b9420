"""Twilio, by SMS and WhatsApp: what it calls, what we post to it, what its list says."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from app.carriers.base import (
    Action,
    Answer,
    Carrier,
    CarrierError,
    Outgoing,
    ReceivedMessage,
    Remedy,
    Sent,
    SentMessage,
    StatusUpdate,
    Verdict,
    Webhook,
)
from app.carriers.twilio import (
    addresses,
    bodies,
    contents,
    doctor,
    errors,
    inbox,
    media,
    quick_replies,
    remedies,
    rich,
    signature,
    webhook,
)
from app.carriers.twilio.account import Account
from app.carriers.twilio.bodies import Likeness
from app.carriers.twilio.transport import TIMEOUT, Transport, error_code, refusal, said
from app.settings import Settings
from app.telemetry.findings import Finding
from handlers.wording.layouts import Layout
from models.delivery.outbound import State
from models.delivery.shown import Shape
from models.inbound import Heard
from models.lines import Channel

EMPTY = b"<Response/>"  # replies leave through the outbox. Anything but XML would be texted to whoever wrote
HEADERS = {"Accept": "application/json", "User-Agent": "hotline"}
PREFIX = {Channel.SMS: "", Channel.WHATSAPP: "whatsapp:"}
QUEUED_FOR = {Channel.SMS: 36_000, Channel.WHATSAPP: 14_400}  # seconds that Twilio itself keeps a text
UNDER_WAY = 20009  # of a message that cannot be deleted yet
PAGE = 200  # messages on a page of its list
LOOKED_THROUGH = 2_000  # messages to one address: nobody gets more within the time we ask for
SAME_PHONE = 8  # characters at the end of an address: Twilio may write the beginning of a number in another way
LONGEST_PRICE = 20  # characters
# For the Compliance Toolkit, which lets the first through at any hour (docs/messaging/features/compliance-toolkit).
ESSENTIAL, TO_MANY = "customercare", "announcements"


class Twilio(Carrier):
    """One account at Twilio."""

    name = "twilio"
    lists_received = True
    deletes = True
    keeps_layouts = True
    approves = True
    webhooks = webhook.PATHS

    def __init__(self, account: Account, *, timeout: float = TIMEOUT) -> None:
        self.account = account
        self.transport = Transport(account.api, account.sid, account.tokens[0], timeout=timeout)
        self.client = Client(account.sid, account.tokens[0], http_client=self.transport)
        self._messages = httpx.URL(self.transport.address(f"/2010-04-01/Accounts/{account.sid}/Messages.json"))

    @staticmethod
    def is_set_up(settings: Settings) -> bool:
        """Whether the settings name an account."""
        return settings.twilio_account_sid is not None

    @classmethod
    def from_settings(cls, settings: Settings) -> "Twilio":
        """The account that the settings name."""
        return cls(Account.of(settings))

    def verify(self, call: Webhook, headers: Mapping[str, str]) -> bool:
        """Whether the call bears a signature made with one of our tokens, and can be read in one way only."""
        given = headers.get(signature.HEADER, "")
        url = self.account.public_url + call.path + (f"?{call.query}" if call.query else "")
        algorithm = signature.algorithm_of(headers.get(signature.SETTINGS_HEADER))
        fields = signature.fields_of(call.body)
        genuine = bool(given) and signature.genuine(url, fields, given, self.account.tokens, algorithm)
        return genuine and signature.names_one_text(fields)

    def parse(self, call: Webhook) -> Heard | StatusUpdate | None:
        """What a call says.

        A text to another number of our Messaging Service, or to an RCS agent, is for the number of the settings.
        """
        heard = webhook.parse(call, self.account.sid)
        if not isinstance(heard, Heard) or heard.channel is not Channel.SMS:
            return heard
        if heard.rcs or self.account.is_ours(heard.fields):
            return replace(heard, fallback_to=self.account.number)
        return heard

    def answer(self, path: str, status: int) -> Answer:
        """An empty TwiML document; for a status callback that went well, nothing at all."""
        if path == webhook.STATUS and status == 200:
            return Answer(204)
        return Answer(status, EMPTY, "text/xml")

    def send(self, text: Outgoing) -> Sent:
        """Hand one text to Twilio. Raises CarrierError."""
        prefix = PREFIX[text.channel]
        fields = {
            "To": prefix + text.to,
            "From": prefix + text.from_number,
            **_said(text),
            "StatusCallback": f"{self.account.public_url}{webhook.STATUS}?id={text.id}",
        }
        if text.media is not None:
            fields["MediaUrl"] = self.account.public_url + text.media
        if self.account.service and text.channel is Channel.SMS:
            fields["MessagingServiceSid"] = self.account.service
            if text.by_rcs:  # a named number would make it an SMS; the service tries its RCS agent first
                del fields["From"]
        if text.channel is Channel.SMS:
            fields["MessageIntent"] = ESSENTIAL if text.essential else TO_MANY
        if text.lasts is not None and text.lasts < QUEUED_FOR[text.channel]:
            fields["ValidityPeriod"] = str(max(text.lasts, 1))
        answer = self.transport.ask("POST", self._messages, data=fields, headers=HEADERS)
        if answer.status_code >= 300:
            raise refusal(answer.status_code, error_code(answer))
        taken = said(answer)
        sid = webhook.told_sid(taken.get("sid"))
        if sid is None:  # perhaps taken, and we cannot read under which id
            raise CarrierError(Action.LOOK_UP, "an answer that is none")
        code, price = errors.code_of(taken.get("error_code")), taken.get("price")
        state = errors.STATUSES.get(str(taken.get("status")), State.ACCEPTED)
        price = price if isinstance(price, str) and len(price) <= LONGEST_PRICE else None
        return Sent(sid, state, price, code, errors.action_for(code))

    def find(self, text: Outgoing, since: datetime) -> list[SentMessage]:
        """The texts in Twilio's list that are this one, or may be, oldest first. Raises CarrierError.

        Asked by recipient alone and newest first: a text that Twilio still queues has no DateSent to ask for.
        """
        found: dict[str, SentMessage] = {}
        for message in chain(*(self._listed(to, since) for to in self._listed_as(text))):
            sid, likeness = webhook.told_sid(message.sid), bodies.likeness_of(text, message.body)
            if sid is None or likeness is Likeness.OTHER or not str(message.direction).startswith("outbound"):
                continue
            status, code = str(getattr(message.status, "value", message.status)), errors.code_of(message.error_code)
            state, certain = errors.STATUSES.get(status, State.ACCEPTED), likeness is Likeness.SAME
            own = str(message.from_) == PREFIX[text.channel] + text.from_number or bool(self.account.service)
            fits = own and bodies.fits(text.body, message.num_segments)
            found[sid] = SentMessage(sid, state, message.date_created, code, errors.action_for(code), certain, fits)
        oldest_first = list(found.values())[::-1]  # of one second, too
        return sorted(oldest_first, key=lambda one: one.created)

    def _listed_as(self, text: Outgoing) -> list[str]:
        """Under which recipients its list may have a text: what a service sent by RCS stands under that address."""
        to = PREFIX[text.channel] + text.to
        by_rcs = self.account.service is not None and text.channel is Channel.SMS
        return [to, addresses.RCS + to] if by_rcs else [to]

    def _listed(self, to: str, since: datetime) -> Iterator[Any]:
        older = 0
        try:
            for message in self.client.messages.stream(to=to, page_size=PAGE, limit=LOOKED_THROUGH):
                if str(message.to)[-SAME_PHONE:] != to[-SAME_PHONE:]:
                    continue  # somebody else's: a list that minds no question
                if message.date_created is not None and message.date_created >= since:
                    yield message
                    continue
                older += 1
                if older >= PAGE:  # a whole page of them: nothing newer follows
                    return
        except TwilioRestException as error:
            raise refusal(error.status, errors.code_of(error.code)) from error
        except (TwilioException, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise CarrierError(Action.AWAY, f"a list that is none: {type(error).__name__}") from error

    def received(self, numbers: list[tuple[Channel, str]], since: datetime) -> Iterator[ReceivedMessage]:
        """The texts that came in since then. A Messaging Service may have numbers of which no line knows."""
        ours = [PREFIX[channel] + number for channel, number in numbers]
        if self.account.service is None:
            yield from inbox.received(self.client, ours, since)
            return
        for text in inbox.received(self.client, [None], since):
            if text.fields["To"] in ours or self.account.is_ours(text.fields) or addresses.is_rcs(text.fields["To"]):
                yield text

    def delete(self, sid: str) -> None:
        """Delete a message there, with its words and numbers; one that is still under way is refused."""
        path = f"/2010-04-01/Accounts/{self.account.sid}/Messages/{sid}.json"
        answer = self.transport.ask("DELETE", self.transport.address(path), headers=HEADERS)
        if error_code(answer) == UNDER_WAY:
            raise CarrierError(Action.UNKNOWN, f"error {UNDER_WAY}", code=UNDER_WAY)
        if answer.status_code not in (204, 404):
            raise refusal(answer.status_code, error_code(answer))

    def keep(self, shape: Shape, language: str) -> str:
        """Have Twilio keep a layout for buttons or a list; returns its SID. Raises CarrierError."""
        return quick_replies.keep(self.transport, shape, language)

    def as_webhook(self, message: ReceivedMessage) -> Webhook:
        """A text of that list as its webhook would have brought it."""
        return inbox.as_webhook(self.client, self.name, message)

    def fetch(self, url: str, most: int) -> bytes:
        """A picture or voice message that somebody sent. Raises MediaGone and CarrierError."""
        return media.fetch(self.transport, self.account.sid, url, most)

    def discard(self, url: str) -> None:
        """Delete a piece of media that was fetched: with its message alone it stays. Raises CarrierError."""
        media.discard(self.transport, self.account.sid, url)

    @property
    def account_id(self) -> str:
        """The account's SID."""
        return self.account.sid

    def kept_templates(self) -> Mapping[str, str]:
        """The Content of this account."""
        return contents.kept(self.transport)

    def keep_template(self, layout: Layout) -> str:
        """Make a Content of it."""
        return contents.keep(self.transport, layout)

    def submit_template(self, layout: Layout, sid: str) -> Verdict:
        """Ask for WhatsApp's approval of a Content."""
        return contents.submit(self.transport, layout, sid)

    def template_verdict(self, sid: str) -> Verdict:
        """How far WhatsApp is with a Content."""
        return contents.verdict(self.transport, sid)

    def codes(self, action: Action) -> tuple[int, ...]:
        """Twilio's errors that ask for this."""
        return errors.TABLE.get(action, ())

    def remedy(self, code: int | None) -> Remedy:
        """What one of Twilio's errors means and what to do."""
        return remedies.remedy(code)

    def checks(self, numbers: list[tuple[Channel, str]], now: datetime) -> Iterator[Finding]:
        """Credentials, clocks, and where Twilio takes texts to these numbers."""
        return doctor.checks(self.account, numbers, now)

    def instructions(self) -> str:
        """Where texts to our number must be sent."""
        return f"Incoming messages, in Twilio's console: {self.account.public_url}{webhook.MESSAGE}"

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()


def _said(text: Outgoing) -> dict[str, str]:
    """What a text says: a layout by its id and what fills it, and else its words. Never both."""
    if text.sent_as is None and text.form is not None and text.form.pin is not None:
        return {"Body": text.body, "PersistentAction": rich.geo(text.form.pin)}
    if text.sent_as is None:
        return {"Body": text.body}
    return {"ContentSid": text.sent_as.sid, "ContentVariables": json.dumps(text.sent_as.variables)}
