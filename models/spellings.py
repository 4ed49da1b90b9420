"""Second spellings of one number: what some countries have added to their mobile numbers, or no longer want there.

A phone is known to its carrier by one of them and to its owner by another, and WhatsApp keeps the one with which the
account was made. `canonical` is the one by which they are compared; texts go to the one that the carrier wrote last.
"""

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Plan:
    """The numbers of one country: other spellings of a number, and how each is written from today's."""

    code: str  # the country's, with its plus
    today: re.Pattern[str]  # a mobile number as the country writes it now, with its parts
    older: tuple[tuple[re.Pattern[str], str], ...]  # another spelling, and today's made of its parts
    carriers: tuple[str, ...]  # what carriers still write, made of today's parts
    source: str


PLANS = (
    Plan(
        "+52",
        re.compile(r"\+52([2-9]\d{9})"),
        ((re.compile(r"\+52(?:1|01|044|045)([2-9]\d{9})"), r"+52\1"),),
        (r"+521\1",),
        "Mexico: the 1 after +52 and the prefixes 01, 044 and 045 ended on 3 August 2019 (IFT, Plan Técnico "
        "Fundamental de Numeración, DOF 11 May 2018); WhatsApp's ids made before keep the 1",
    ),
    Plan(
        "+54",
        re.compile(r"\+549([1-3]\d{9})"),
        (
            (re.compile(r"\+54([1-3]\d{9})"), r"+549\1"),
            (re.compile(r"\+549?(?=\d{12}$)(11|[23]\d{2}|[23]\d{3})15(\d{6,8})"), r"+549\1\2"),
        ),
        (r"+54\1",),
        "Argentina: 9 after +54 from abroad, 15 before the number at home (Plan Fundamental de Numeración Nacional, "
        "Resolución SC 46/97, annex I); both name one phone",
    ),
    Plan(
        "+55",
        re.compile(r"\+55([1-9]\d)9([6-9]\d{7})"),
        ((re.compile(r"\+55([1-9]\d)([6-9]\d{7})"), r"+55\g<1>9\2"),),
        (r"+55\1\2",),
        "Brazil: a ninth digit, 9, before every mobile number, done on 6 November 2016 (Anatel, Resolução 553/2010); "
        "WhatsApp's ids outside areas 11 to 28 keep eight",
    ),
    Plan(
        "+229",
        re.compile(r"\+22901(\d{8})"),
        ((re.compile(r"\+229(\d{8})"), r"+22901\1"),),
        (r"+229\1",),
        "Benin: 01 before every number since 30 November 2024 (ARCEP Bénin, plan national de numérotation); "
        "WhatsApp's ids made before have none",
    ),
)
CODES = tuple(plan.code for plan in PLANS)


def canonical(number: str) -> str:
    """The spelling by which a number is compared and kept; anything but a number with a second one stays as it is."""
    return _canonical(number) if number.startswith(CODES) else number


def forms(number: str) -> tuple[str, ...]:
    """Every spelling in which a carrier may write this number, the canonical one first."""
    return _forms(canonical(number)) if number.startswith(CODES) else (number,)


@lru_cache(8192)
def _canonical(number: str) -> str:
    for plan in PLANS:
        for pattern, made in plan.older:
            if found := pattern.fullmatch(number):
                return found.expand(made)
    return number


@lru_cache(8192)
def _forms(number: str) -> tuple[str, ...]:
    for plan in PLANS:
        if found := plan.today.fullmatch(number):
            return (number, *(found.expand(made) for made in plan.carriers))
    return (number,)
