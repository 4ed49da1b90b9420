"""Setting back what golive has changed: at Twilio, then in .env; and saying what stays."""

from app.carriers.twilio.setup import applying
from app.carriers.twilio.setup.access import Refused
from app.carriers.twilio.setup.changes import Change
from app.golive import account, env_file, registration
from app.golive.dialog import Stop
from app.golive.number import shown
from app.golive.setup import Setup

QUESTION = (
    "Set everything back that golive has changed, at Twilio and in .env? Then no text reaches the hotline any more."
)


def run(setup: Setup) -> None:
    """Set it back after a yes. What somebody has changed since is named and left. Raises Stop.

    Where Twilio refuses or is away, the notes and the credentials stay, so that it can be run again.
    """
    state, dialog = setup.state, setup.dialog
    if not (state.done or state.answers or state.changed or state.wrote or state.bought):
        raise Stop(f"There is nothing to undo: in {setup.folder} golive has changed nothing, or kept no note of it.")
    if not dialog.agrees(QUESTION):
        raise Stop("Nothing was changed.")
    if state.changed:
        _at_twilio(setup)
    if state.wrote:
        try:
            dialog.say(env_file.take_out(setup.folder, state.wrote))
        except OSError as error:
            raise Stop(
                f"{setup.folder}/.env cannot be written ({error.strerror}). Mend that; run this again."
            ) from error
    _say_what_stays(setup)
    state.forget()
    if state.changed:
        raise Stop("Not all is set back: what is named above was left as it is. Look at it in Twilio's console.")


def _at_twilio(setup: Setup) -> None:
    state, dialog = setup.state, setup.dialog
    record = [Change.unpacked(each) for each in state.changed]
    try:
        with account.opened(setup) as access:
            account.check(access)
            done = applying.undo(access, record)
    except Refused as refused:
        raise Stop(f"{refused} Until then nothing is set back.") from refused
    for each in done:
        dialog.say(f"{each.about}: {each.why.removesuffix('.')}." + ("" if each.done else f" ({each.where})"))
    stuck = {each.about for each in done if not each.done}
    state.changed = [change.packed() for change in record if change.about in stuck]
    state.save()
    if any(each.again for each in done):
        raise Stop("Not all is set back at Twilio, so .env and the notes stay. Run hotline golive --undo again.")


def _say_what_stays(setup: Setup) -> None:
    state, dialog = setup.state, setup.dialog
    for number in state.bought:
        dialog.say(
            f"You still have the number {shown(number)}, and pay for it each month. To give it back: Twilio's "
            "console, Phone Numbers, the number, Release."
        )
    stays = ["the database with everybody in it", "texts that were sent"]
    if (setup.folder / registration.NAME).exists():
        stays.append(registration.NAME)
    dialog.say(f"What stays: {', '.join(stays)}. A registration that you handed in stays with the carriers.")
    dialog.say("If a hotline still runs, start it anew or end it: it has the old settings until then.")
