"""What is set at Twilio so that texts reach the hotline: shown first, then set by us, and kept for undoing."""

from itertools import groupby

from app.carriers.twilio.registration import Kind, needed
from app.carriers.twilio.setup import applying, changes, plan
from app.carriers.twilio.setup.access import Access
from app.carriers.twilio.setup.changes import Change
from app.carriers.twilio.setup.plan import Wish
from app.golive import account
from app.golive.dialog import Stop
from app.golive.setup import Setup
from app.settings import Settings

STEP = "webhooks"
TRIES_AGAIN = "(the part after # asks Twilio to try again when it cannot reach you for a moment)"


def run(setup: Setup, settings: Settings) -> None:
    """Find what has to change, show it, and after a yes set it. Raises Stop and Refused."""
    dialog = setup.dialog
    with account.opened(setup) as access:
        planned = plan.plan(access, _wish(settings))
        if planned:
            _show(setup, planned)
            if not dialog.agrees("Shall I set it so? hotline golive --undo puts it back."):
                raise Stop(
                    "Nothing at Twilio was changed, so no text reaches the hotline yet. Run hotline golive again, or "
                    "set it by hand as docs/golive.md says."
                )
            _apply(setup, access, planned)
            dialog.say("Set.")
        else:
            dialog.say("Twilio brings your texts here already; nothing to change.")
        pool = plan.service_of(access, settings.hotline_number) if settings.hotline_number else None
        if pool and setup.value("TWILIO_MESSAGING_SERVICE_SID") != pool.sid:
            setup.state.learn(TWILIO_MESSAGING_SERVICE_SID=pool.sid)
    setup.state.finish(STEP, setup.clock.now())


def _wish(settings: Settings) -> Wish:
    sms = settings.hotline_number
    # US carriers register what a Messaging Service sends, so there the number needs one.
    serviced = sms is not None and needed(sms) is Kind.A2P_10DLC
    return Wish(
        public_url=str(settings.public_url),
        sms=sms,
        whatsapp=settings.hotline_whatsapp,
        service=settings.twilio_messaging_service_sid,
        new_service=settings.hotline_name if serviced else None,
    )


def _show(setup: Setup, planned: list[Change]) -> None:
    dialog = setup.dialog
    dialog.say("This is what I would change at Twilio, and nothing else:")
    for about, group in groupby(planned, key=lambda change: change.about):
        dialog.show("", about)
        for change in group:
            dialog.show(f"  {change.what.removeprefix(f'{about}: ')}:")
            dialog.show(f"    now   {change.was}", f"    then  {change.becomes}")
            if change.note:
                dialog.show(f"    ({change.note})")
    dialog.show("")
    if any("#" in change.after for change in planned):
        dialog.say(TRIES_AGAIN)


def _apply(setup: Setup, access: Access, planned: list[Change]) -> None:
    """Set it, with what undoing needs on disk before the first and after each change."""
    state = setup.state
    before = [Change.unpacked(each) for each in state.changed]
    done: list[Change] = []

    def note() -> None:
        record = changes.together(before, [*done, *planned[len(done) :]])
        state.changed = [each.packed() for each in record]
        state.save()

    note()
    for change in applying.apply(access, planned):
        done.append(change)
        note()
