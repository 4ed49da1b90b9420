"""What the settings say about our account at Twilio."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.settings import Settings


@dataclass(frozen=True)
class Account:
    """One account, and the address at which Twilio reaches us."""

    sid: str
    tokens: tuple[str, ...] = field(repr=False)  # the current one first, then the one that it replaces
    api: str
    public_url: str
    service: str | None = None  # the Messaging Service through which SMS leave
    number: str | None = None  # what people text by SMS

    @classmethod
    def of(cls, settings: Settings) -> "Account":
        """The account of the settings, which are whole: with a SID they have a token and an address too."""
        return cls(
            sid=str(settings.twilio_account_sid),
            tokens=settings.tokens,
            api=settings.twilio_api_url,
            public_url=str(settings.public_url),
            service=settings.twilio_messaging_service_sid,
            number=settings.hotline_number,
        )

    def is_ours(self, fields: Mapping[str, str]) -> bool:
        """Whether a text came through our Messaging Service, to whichever of its numbers."""
        return self.service is not None and fields.get("MessagingServiceSid") == self.service
