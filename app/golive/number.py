"""The number that people text: found in the account, or chosen and bought, but only after a typed yes."""

from collections.abc import Sequence

import phonenumbers

from app.carriers.twilio.setup import buying, numbers
from app.carriers.twilio.setup.access import Access
from app.carriers.twilio.setup.buying import Available
from app.carriers.twilio.setup.numbers import Kind, Owned
from app.golive import account
from app.golive.dialog import Stop
from app.golive.setup import Setup, reader

STEP = "number"
OF_EACH_KIND = 4  # shown; more would scroll away
TOLL_FREE = "(free to call; in the US verified in days, not weeks)"


def run(setup: Setup) -> None:
    """Find it, or have it bought. Raises Stop and Refused."""
    with account.opened(setup) as access:
        owned = numbers.owned(access)
        texting = [each for each in owned if each.texts]
        wanted = setup.value("HOTLINE_NUMBER")
        if wanted:
            number = _wanted(setup, wanted, owned)
        elif len(texting) == 1:
            number = texting[0].number
        elif texting:
            number = _choose(setup, texting)
        else:
            number = _bought(setup, access, owned)
        pool = numbers.pool_of(numbers.pools(access), number)
    setup.state.learn(HOTLINE_NUMBER=number)
    setup.dialog.say(f"Neighbors text {shown(number)}.")
    if pool and setup.value("TWILIO_MESSAGING_SERVICE_SID") != pool.sid:
        setup.state.learn(TWILIO_MESSAGING_SERVICE_SID=pool.sid)
    if pool:
        setup.dialog.say(f"At Twilio it is in the Messaging Service {pool.name or pool.sid}: texts go through that.")
    setup.state.finish(STEP, setup.clock.now())


def shown(number: str) -> str:
    """A number as people write it, with its country."""
    if not number.startswith("+"):
        return number
    international = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(phonenumbers.parse(number, None), international))


def _wanted(setup: Setup, wanted: str, owned: Sequence[Owned]) -> str:
    try:
        number = reader("HOTLINE_NUMBER")(wanted)
    except ValueError as error:
        raise Stop(f"--number (HOTLINE_NUMBER): {error}") from error
    if numbers.kind_of(number) is Kind.SHORT_CODE:
        return number
    found = next((each for each in owned if each.number == number), None)
    if found is None:
        has = ", ".join(each.number for each in owned if each.texts) or "none that can text"
        raise Stop(
            f"HOTLINE_NUMBER is {number}, and this Twilio account does not have it. It has: {has}. Say the right "
            "one: hotline golive --number NUMBER"
        )
    if not found.texts:
        raise Stop(f"{number} can only make calls. Choose one that can text (SMS): hotline golive --number NUMBER")
    return number


def _choose(setup: Setup, texting: Sequence[Owned]) -> str:
    setup.dialog.say("Your account has several numbers that can text:")
    setup.dialog.show(*(f"{n}  {shown(each.number)}" for n, each in enumerate(texting, 1)))
    every = [each.number for each in texting]
    return setup.dialog.ask(
        "Which one shall neighbors text? Its row, such as 1.", "--number", lambda said: _row(said, every)
    )


def _row(said: str, choices: Sequence[str]) -> str:
    """A row's number, or the phone number itself. Raises ValueError."""
    if said.isdecimal() and 1 <= int(said) <= len(choices):
        return choices[int(said) - 1]
    raise ValueError(f"write a row from 1 to {len(choices)}")


def _bought(setup: Setup, access: Access, owned: Sequence[Owned]) -> str:
    dialog = setup.dialog
    look = "Its numbers can only make calls." if owned else "Your account has no number yet."
    if not dialog.interactive:
        raise Stop(
            f"{look} Buy one that can text (SMS) in Twilio's console: Phone Numbers, Buy a number. Then run "
            "this again."
        )
    dialog.say(f"{look} Here are some that can text. One costs about a dollar or two a month, and Twilio bills you.")
    country, digits = dialog.ask(
        "In which country? Its two letters, and an area code if you like, such as: US 202",
        "--country",
        _where,
        default=setup.value("HOTLINE_COUNTRY") or "US",
    )
    choices = buying.available(access, country, digits, most=OF_EACH_KIND)
    if not choices:
        raise Stop("Twilio has none there just now. Run hotline golive again, with another area code or none.")
    dialog.show(*(_offered(n, each) for n, each in enumerate(choices, 1)))
    said = dialog.ask(
        "To buy one, type its row and yes, such as: 1 yes. Twilio then charges you for it each month, until you give "
        "it back there. Enter buys nothing.",
        "--number",
        lambda words: _chosen(words, choices),
        default="no",
    )
    if said is None:
        raise Stop(
            "Nothing was bought. Look around in Twilio's console, Phone Numbers, Buy a number; then run hotline "
            "golive again: it finds what you bought."
        )
    number = buying.buy(access, said.number).number
    setup.state.bought.append(number)
    setup.state.learn(HOTLINE_NUMBER=number)
    return number


def _where(said: str) -> tuple[str, str | None]:
    letters, _, digits = said.partition(" ")
    return reader("HOTLINE_COUNTRY")(letters), "".join(c for c in digits if c.isdecimal()) or None


def _offered(row: int, each: Available) -> str:
    price = str(each.price) if each.price else "price: see twilio.com/pricing"
    kind = TOLL_FREE if each.kind is Kind.TOLL_FREE else ""
    address = "; its country asks for your address first" if each.needs_address else ""
    return " ".join(f"{row}  {shown(each.number)}  {each.place}  {price} {kind}{address}".split(" "))


def _chosen(said: str, choices: Sequence[Available]) -> Available | None:
    """What to buy; None for nothing. Raises ValueError for what is neither."""
    words = said.lower().split()
    if not words or words[0] in ("no", "n"):
        return None
    if len(words) == 2 and words[1] in ("yes", "si", "sí") and words[0].isdecimal():
        if 1 <= int(words[0]) <= len(choices):
            return choices[int(words[0]) - 1]
        raise ValueError(f"there are rows 1 to {len(choices)}")
    raise ValueError("type a row and yes, such as 1 yes, or no")
