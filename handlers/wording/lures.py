"""Links and accounts in people's words. They are carried as they are, and the reader is told whose they are.

People do share a pharmacy's page or pay each other back; and whoever wants to cheat a neighbor needs one of the two.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

# Endings of addresses that are no everyday words: "bit.ly" is a link, "Oak St.Please" and "call.me" are none.
ENDINGS = (
    "com net org info biz edu gov mil int io dev app xyz top site online shop club vip icu mobi wiki website tech "
    "cloud finance fyi lol sbs cfd bond cyou buzz quest bid ai gg tv ws fm gl ly ru cn fr mx ar cl ec cr gt hn ni py "
    "uy bo cu pr br ca au nz eu jp kr ng za ke gh pk ua pl nl uk ee com.co"
).split()
LINK = re.compile(
    rf"""
      \b[a-z][a-z0-9+.-]{{1,20}}://\S
    | \bwww\s?\.\s?\w
    | (?<![\w.@-])(?:[\w-]{{1,63}}\.){{1,5}}(?:{"|".join(map(re.escape, ENDINGS))}|xn--[\w-]{{2,60}})(?![\w-]|\.\w)
    | (?<![\w.@-])(?:[\w-]{{1,63}}\.){{1,5}}[a-z]{{2,12}}/[\w?=%$@-]{{2}}  # any ending, if a path follows
    | (?<![\w.@-])(?:[\w-]{7, 63}|\w+-[\w-]{1, 60})\.(?:us|co|me|to|help|support|store|link|bank|care)(?![\w-]|\.\w)
    | \b\d{1, 3}(?:\.\d{1, 3}){3}(?::\d{1, 5})?/\w
    | \w@[\w-]{{1,63}}\.[a-z]{{2}}                                  # an address of electronic mail
    | \w\s?(?:\[\.\]|\(\.\)|\s\.\s|[\[(]?\bdot\b[\])]?)\s?(?:com|net|org|info|ly|io)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
PAYERS = re.compile(
    r"\b(?:venmo|zelle|pay\s?pal|cash\s?app|routing|apple\s?pay|google\s?pay|g\s?pay|bizum|revolut|western\s?union|moneygram|"
    r"nequi|daviplata|yape|plin|mercado\s?pago|pix|skrill|remitly|clabe|cbu|cvu)\b",
    re.IGNORECASE,
)
HANDLE = re.compile(r"@\s?\w{2,}|\+?\d[\d\s().-]{5,20}\d|\b[a-z]{2,30}[-_]\w|\b[a-z]{2,30}\d", re.IGNORECASE)
NEAR = 24  # characters between the one who pays out and the account: "venmo me at ana-p"
CASHTAG = re.compile(r"(?<![\w$])\$[a-z][\w-]{2,19}(?![\w-])", re.IGNORECASE)  # "$31.50" is a sum
COIN = re.compile(r"\b(?:[13](?=\w*[a-zA-Z])[1-9A-HJ-NP-Za-km-z]{25,34}|bc1[a-z0-9]{25,59}|0x[0-9a-fA-F]{40})\b")
CARD = re.compile(r"(?<![\d+])\d(?:[ -]?\d){12,18}(?!\d)")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}", re.IGNORECASE)
# How long an account's number is where our neighbors, or those who cheat them, may have one (ISO 13616).
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22,
    "DK": 18, "DO": 28, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "GT": 28, "HU": 28,
    "IE": 22, "IT": 27, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "RO": 24, "SE": 24, "SK": 24, "SV": 28, "TR": 26, "UA": 29,
}  # fmt: skip
HINT = re.compile(r"[.@$\d/_-]|\bdot\b", re.IGNORECASE)  # nothing is found in words without any of these


class Lure(StrEnum):
    """What in somebody's words leads elsewhere; the value is the phrase that tells the reader whose it is."""

    LINK = "their_link"
    ACCOUNT = "their_account"


@lru_cache(1024)
def found(text: str) -> Lure | None:
    """What these words, already one paragraph, would have their reader open, or pay to."""
    plain = unicodedata.normalize("NFKC", text).replace("。", ".").replace("․", ".")
    if not HINT.search(plain):
        return None
    if CASHTAG.search(plain) or COIN.search(plain) or _payer(plain) or _card(plain) or _iban(plain):
        return Lure.ACCOUNT
    return Lure.LINK if LINK.search(plain) else None


def _payer(text: str) -> bool:
    """Whether somebody's account stands near the name of a company that pays into it."""
    return any(
        HANDLE.search(text[max(0, name.start() - NEAR) : name.start()])
        or HANDLE.search(text[name.end() : name.end() + NEAR + 20])
        for name in PAYERS.finditer(text)
    )


def _card(text: str) -> bool:
    """Whether a row of digits is a card's number: its last digit proves the others (ISO/IEC 7812)."""
    for match in CARD.finditer(text):
        digits = [int(c) for c in match[0] if c.isdigit()]
        doubled = sum(sum(divmod(2 * d, 10)) for d in digits[-2::-2])
        if len(set(digits)) > 1 and (sum(digits[::-2]) + doubled) % 10 == 0:
            return True
    return False


def _iban(text: str) -> bool:
    """Whether a row of letters and digits is an account's number: two digits of it prove the others (ISO 13616)."""
    for match in IBAN.finditer(text):
        row = "".join(match[0].split()).upper()
        long = IBAN_LENGTHS.get(row[:2], len(row) + 1)
        if len(row) >= long and int("".join(str(int(c, 36)) for c in row[4:long] + row[:4])) % 97 == 1:
            return True
    return False
