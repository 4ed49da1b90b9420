"""What the carriers want to read before they let a number text, ready to be pasted; and how far they are with it."""

from app.carriers.twilio import registration
from app.carriers.twilio.console import ConsoleError
from app.carriers.twilio.registration import Registration, State
from app.carriers.twilio.setup import opt_out
from app.carriers.twilio.setup.access import Refused, explained
from app.golive import account, number, private_file
from app.golive.setup import Setup
from app.pages import wording
from app.settings import Settings
from handlers import phrasebook
from handlers.setup import going_live

STEP = "registration"
NAME = "golive-registration.txt"
THROUGH = frozenset({State.APPROVED, State.NOT_NEEDED})
TWO_WEEKS = "In the US they take some two weeks. All the rest of this can be done meanwhile."
USE_CASE = (
    "Low Volume Mixed; for a group without a tax number (EIN) Sole Proprietor, in the name of one of you. For a "
    "toll-free number: Charity / Nonprofit, or else Customer Care."
)
DESCRIPTION = (
    "{name} is a mutual-aid hotline run by unpaid neighbors. A resident texts {number} to ask for help (food, a "
    "ride, medicine). The hotline answers, asks a few volunteers by text whether one of them can help, and tells the "
    "resident who is coming. Volunteers and residents get texts about what they asked for or offered and nothing "
    "else: no advertising, no lists, nothing for sale."
)
FLOW = (
    "Residents text first: the number {number} is on posters, cards and {url}, with the words that texting it means "
    "agreeing to get answers. Volunteers text JOIN, or agree in person that the group adds their number; the first "
    "text they get says who writes and that STOP ends texts. The terms are at {url}/terms, the privacy policy is at "
    "{url}/privacy; both can be read by everybody."
)


def run(setup: Setup, settings: Settings) -> bool:
    """Write the texts down and say how far the carriers are; whether they let it text already."""
    dialog, path = setup.dialog, setup.folder / NAME
    found = _look(setup, settings)
    text = texts(settings)
    if setup.host is None:
        private_file.write(path, text.encode())
    if STEP not in setup.state.done and STEP not in setup.state.waits:
        dialog.say("", *text.splitlines(), "")
        if setup.host is None:
            dialog.say(f"The same stands in {path}, to copy from.")
    dialog.say(f"{opt_out.BY_HAND.what}. To do: {opt_out.BY_HAND.do}; they are under C.")
    if found.state in THROUGH:
        needs = found.state is State.APPROVED
        dialog.say(
            "The carriers know your group: texts go through." if needs else "Your number needs no registration."
        )
        setup.state.finish(STEP, setup.clock.now())
        return True
    dialog.say(f"Registration ({found.kind}): {found.state}. {_sentence(found.why)}.")
    if found.do:
        dialog.say(f"To do: {found.do}.")
    if found.state is not State.IN_REVIEW:
        dialog.say(f"What to write there stands in the texts above. {TWO_WEEKS}")
    setup.state.wait(STEP, setup.clock.now())
    return False


def texts(settings: Settings) -> str:
    """All that the forms ask for, in the group's name; samples in its language, and in English."""
    values = {
        "name": settings.hotline_name,
        "number": number.shown(settings.hotline_number or settings.hotline_whatsapp or ""),
        "url": str(settings.public_url),
    }
    languages = list(dict.fromkeys([settings.hotline_language, "en"]))
    lines = [
        f"For the registration of {settings.hotline_name}: what Twilio's forms ask for, to copy and paste.",
        "",
        "A. WHO AND WHAT",
        f"Use case: {USE_CASE}",
        f"Description: {DESCRIPTION.format_map(values)}",
        f"How people agree (message flow): {FLOW.format_map(values)}",
        f"Privacy policy: {values['url']}/privacy",
        f"Terms: {values['url']}/terms",
        "Links in texts: yes. Phone numbers in texts: no, but the emergency number. Age-gated: no. Lending: no.",
        "Words that agree (opt-in keywords): START, JOIN. That end texts: STOP. That ask for help: HELP.",
    ]
    for language in languages:
        book, page = phrasebook.book(language), wording.of(language)
        answers = going_live.carrier_answers(book, settings.hotline_name, settings.emergency_number)
        spoken = f" ({book.name})" if len(languages) > 1 else ""
        lines += [
            "",
            f"B. SAMPLE MESSAGES{spoken}",
            *(f"{n}. {' '.join(said.split())}" for n, said in enumerate(going_live.samples(book, values["name"]), 1)),
            f"Opt-in wording, as on the terms page: {page.say('terms.agree_first')} "
            + page.say("terms.agree_join", join=book.pages["hear"]["join"][0].upper()),
            "",
            f"C. ANSWERS TO HELP, STOP AND START{spoken} (Advanced Opt-Out)",
            f"HELP: {answers.help}",
            f"STOP: {answers.stop}",
            f"START: {answers.start}",
        ]
    return "\n".join(lines) + "\n"


def _look(setup: Setup, settings: Settings) -> Registration:
    if settings.hotline_number is None:
        return Registration(registration.Kind.NONE, State.NOT_NEEDED, "there is no number for SMS")
    with account.opened(setup) as access:
        try:
            return registration.registration(access, settings.hotline_number, settings.twilio_messaging_service_sid)
        except ConsoleError as error:
            known = explained(error)
            raise Refused(known.what, known.do, error.code) from error


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
