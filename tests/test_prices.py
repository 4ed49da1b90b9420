"""What texts cost: the table with its sources, what a line lays over it, what days, budgets and figures count."""

import json
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import phonenumbers
import pytest
from sqlmodel import col, select

from app.outbound import templates
from models import lines, prices, regions
from models.delivery import line_numbers, outbound
from models.delivery.line_numbers import Spending
from models.delivery.outbound import Lane, Outbound
from models.inbound import Inbound
from models.lines import Channel, Policy
from models.prices import KINDS, Kind, Way
from models.report import texts
from models.report.span import Span
from models.store.session import Session
from tests import neighbors
from tests.command import Command
from tests.test_talks import say
from tests.world import ANA, DEE, World

BEN = "+12025550102"
PHILIPPINES, MEXICO, GERMANY = "+639171234567", "+525512345678", "+4915112345678"
US_SEGMENT = Decimal("0.0083") + Decimal("0.0035")


def test_every_row_has_a_source_and_a_date_and_is_read_exactly() -> None:
    table = prices.table()
    assert len(table) > 100
    for (way, kind, place), price in table.items():
        assert price.source, (way, kind, place)
        assert isinstance(price.read_on, date)
        assert price.read_on <= date(2026, 12, 31)
        assert Decimal(0) < price.amount < Decimal(1)
        assert price.micros == price.amount * prices.MILLION, "whole millionths"
        assert place == "*" or place in phonenumbers.SUPPORTED_REGIONS or place in regions.MARKETS.values()


def test_every_country_has_a_price_for_everything() -> None:
    for country in [*phonenumbers.SUPPORTED_REGIONS, regions.ANYWHERE]:
        for way, kinds in KINDS.items():
            assert all(prices.price(Policy(), way, kind, country).amount for kind in kinds), (country, way)


def test_no_country_is_in_two_markets_nor_priced_apart_from_its_own() -> None:
    priced = {place for way, _, place in prices.table() if way is Way.WHATSAPP}
    assert not priced & set(regions.MARKETS)
    assert set(regions.MARKETS.values()) <= priced
    assert set(regions.MARKETS) <= phonenumbers.SUPPORTED_REGIONS


@pytest.mark.parametrize(
    ("address", "country"),
    [
        *[("+12025550101", "US"), ("+14165550101", "CA"), ("+17875550101", "PR"), ("+18765550101", "JM")],
        *[(PHILIPPINES, "PH"), (MEXICO, "MX"), ("+5215512345678", "MX"), (GERMANY, "DE"), ("+447400123456", "GB")],
        *[("US.1234abc", "US"), ("MX.ENT.77", "MX"), ("", "*"), ("12345", "*"), ("Neighbors", "*"), ("+999123", "*")],
    ],
)
def test_where_an_address_is(address: str, country: str) -> None:
    assert regions.country_of(address) == country


@pytest.mark.parametrize(
    ("channel", "to", "segments", "media", "template", "amount"),
    [
        (Channel.SMS, ANA, 1, False, False, US_SEGMENT),
        (Channel.SMS, ANA, 3, False, False, 3 * US_SEGMENT),
        (Channel.SMS, ANA, 3, True, False, Decimal("0.031")),
        (Channel.WHATSAPP, ANA, 5, False, False, Decimal("0.0084")),
        (Channel.WHATSAPP, ANA, 5, False, True, Decimal("0.0084")),
        (Channel.WHATSAPP, "CO.4321", 1, False, False, Decimal("0.0058")),
        (Channel.WHATSAPP, GERMANY, 1, False, False, Decimal("0.06")),
    ],
)
def test_what_a_text_costs(
    channel: Channel, to: str, segments: int, media: bool, template: bool, amount: Decimal
) -> None:
    micros = prices.sent(Policy(), channel, to, segments, media=media, template=template)
    assert Decimal(micros) / prices.MILLION == amount


def test_a_line_lays_its_own_over_the_table() -> None:
    own = Policy(prices=("MX sms out 0.01", "* whatsapp service 0.02", "nonsense"))
    assert prices.price(own, Way.SMS, Kind.OUT, "MX").amount == Decimal("0.01")
    assert prices.price(own, Way.SMS, Kind.OUT, "US").amount == US_SEGMENT
    assert prices.price(own, Way.WHATSAPP, Kind.SERVICE, "DE").amount == Decimal("0.02")
    flat = Policy(price_sms="0.01", price_whatsapp="wrong", prices=("MX sms out 0.05",))
    found = [prices.price(flat, Way.SMS, Kind.OUT, country).amount for country in ("US", "DE", "MX")]
    assert found == [Decimal("0.01"), Decimal("0.01"), Decimal("0.05")]
    assert prices.price(flat, Way.WHATSAPP, Kind.SERVICE, "US").amount == 0  # one by hand must not stop the texts
    assert prices.price(flat, Way.SMS, Kind.IN, "US").amount == Decimal("0.0083")


@pytest.mark.parametrize(
    "written",
    [
        *["MX sms out", "Mexico sms out 0.05", "mx sms out 0.05", "MX fax out 0.05", "MX sms utility 0.05"],
        *["MX sms in -1", "MX sms in NaN", "MX sms in much", "MX whatsapp out 0.05", "MX sms in 1000"],
    ],
)
def test_what_is_no_price_is_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(ValueError, match=r"write|no country|nothing that"):
        prices.read(written)


# What is kept and counted.


def test_each_text_out_and_in_has_its_cost(world: World) -> None:
    say(world, ANA, "hello")
    say(world, f"whatsapp:{GERMANY}", "hallo")

    def work(session: Session) -> tuple[list[int | None], list[int | None]]:
        return list(session.exec(select(Inbound.cost))), list(session.exec(select(Outbound.cost)))

    heard, sent = world.hotline.database.read(work)
    assert heard == [8_300, 5_000]
    segments = world.hotline.database.read(lambda s: s.get_one(Outbound, 1)).segments
    assert sent == [int(US_SEGMENT * prices.MILLION) * segments, 60_000]


def test_the_day_counts_both_directions_and_once(world: World) -> None:
    for words in ("hello", "need groceries for 2 near Oak St"):
        say(world, ANA, words)
    world.twilio.text(ANA, "x" * 300, NumSegments="2")  # as the carrier counts them
    for _ in range(3):
        world.drain(after=timedelta(seconds=31))
    (day,) = world.hotline.database.read(lambda s: list(s.exec(select(Spending))))
    sent = world.hotline.database.read(lambda s: list(s.exec(select(Outbound.cost))))
    assert day.heard_micros == 8_300 * 4  # segments
    assert day.micros == day.heard_micros + sum(cost or 0 for cost in sent)
    world.clock.advance(timedelta(days=1))
    say(world, ANA, "hello again")
    world.drain(after=timedelta(seconds=31))
    days = world.hotline.database.read(lambda s: list(s.exec(select(Spending.heard_micros).order_by(Spending.day))))
    assert days == [8_300 * 4, 8_300]


def test_what_comes_in_counts_against_the_ceiling(world: World) -> None:
    def rule(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, "daily_ceiling": "0.05", "prices": ["US sms out 0", "US sms in 0.03"]}
        session.add(line)

    world.hotline.database.write(rule).result()
    for n in range(2):
        assert not beyond(world)
        say(world, ANA, f"hello {n}")
        world.drain(after=timedelta(seconds=31))
    assert beyond(world)


def beyond(world: World) -> bool:
    """Whether the day's money is spent."""
    now = world.clock.now()
    return world.hotline.database.read(lambda s: line_numbers.over_ceiling(s, lines.all_lines(s)[0], now))


def test_a_text_with_other_words_costs_what_those_do(world: World) -> None:
    say(world, ANA, "hello")

    def work(session: Session) -> int | None:
        row = session.get_one(Outbound, 1)
        row.state, row.not_before = outbound.State.READY, world.clock.now() + timedelta(hours=1)
        session.add(row)
        session.flush()
        assert outbound.reword(session, row.key, "long", 5, world.clock.now())
        return session.exec(select(Outbound.cost)).first()

    assert world.hotline.database.write(work).result() == int(US_SEGMENT * prices.MILLION) * 5


def test_what_leaves_by_a_template_is_charged_as_one(world: World) -> None:
    def work(session: Session) -> None:
        line = lines.all_lines(session)[0]
        line.rules = {**line.rules, "prices": ["* whatsapp service 0.01", "* whatsapp utility 0.07"]}
        session.add(line)
        now = world.clock.now()
        neighbors.add(session, line, Channel.WHATSAPP, BEN, now, name="Ben", helper=True, duty=True)

    world.hotline.database.write(work).result()
    templates.submit(world.hotline.database, world.hotline.carrier, world.clock.now())
    templates.refresh(world.hotline.database, world.hotline.carrier, world.clock.now())
    say(world, ANA, "my father is not breathing, 5 Elm St")
    assert [(to, cost) for to, cost in costs(world) if to == BEN] == [(BEN, 70_000)]
    say(world, f"whatsapp:{BEN}", "hello")
    assert costs(world)[-1] == (BEN, 10_000)
    (day,) = world.hotline.database.read(lambda s: list(s.exec(select(Spending))))
    assert day.micros - day.heard_micros == sum(cost or 0 for _, cost in costs(world))


def costs(world: World) -> list[tuple[str, int | None]]:
    """To whom each text went, and what it cost."""
    sent = world.hotline.database.read(lambda s: list(s.exec(select(Outbound).order_by(col(Outbound.id)))))
    return [(text.to, text.cost) for text in sent if text.state in outbound.RANK and text.sid]


def test_a_picture_is_charged_as_one(world: World) -> None:
    ids = world.put(to=DEE, lane=Lane.NOTICE), world.put(to=BEN, body="see example.org/media/other", lane=Lane.NOTICE)

    def work(session: Session) -> None:
        for id_, key in zip(ids, ("key", "other"), strict=True):  # the second has a link in its words
            row = session.get_one(Outbound, id_)
            row.media, row.cost = key, 1
            session.add(row)

    world.hotline.database.write(work).result()
    world.drain()
    assert costs(world) == [(DEE, 31_000), (BEN, 1)]


def test_the_figures_tell_both(world: World) -> None:
    say(world, ANA, "hello")
    world.put(to=DEE, lane=Lane.NOTICE, segments=2)  # from before there was a table
    world.drain()

    def work(session: Session) -> texts.Texts:
        line = lines.all_lines(session)[0]
        return texts.read(session, line, Span.days_before(line, world.clock.now(), 3))

    found = world.hotline.database.read(work)
    today = max(found.days)
    assert found.heard[today] == texts.Sent(1, 0, Decimal("0.0083"))
    assert found.of_lane(Lane.NOTICE) == texts.Sent(1, 2, 2 * US_SEGMENT)
    assert found.money_of(today) == found.of_day(today).money + Decimal("0.0083")


# By hand.


@pytest.fixture
def run(tmp_path: Path, migrated_file: Path) -> Command:
    """`hotline` on a database of its own, whose line is made already."""
    made = Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    made.good("tick")
    return made


def test_the_command_shows_prices_and_lays_a_lines_own_over_them(run: Command) -> None:
    shown = {(row["channel"], row["direction"]): row for row in json.loads(run.good("line", "price", "--json"))}
    assert shown["sms", "out"]["price"] == "0.0118 (0.0083 and 0.0035 fees)"
    assert shown["sms", "in"]["what it is"].startswith("listed: twilio.com")
    assert shown["whatsapp", "service"]["what it is"].startswith("an estimate for north america")
    run.good("line", "price", "mx", "SMS", "out", "0.05")
    (row,) = json.loads(run.good("line", "price", "MX", "sms", "out", "--json"))
    assert (row["price"], row["what it is"]) == ("0.05", "the line's own")
    assert "MX sms out 0.05" in run.good("line", "rule", "prices")
    run.good("line", "price", "MX", "sms", "out", "--default")
    (row,) = json.loads(run.good("line", "price", "MX", "sms", "out", "--json"))
    assert row["what it is"].startswith("an estimate: ")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["MX", "fax", "out", "1"], "'fax' is no channel"),
        (["MX", "sms", "out", "much"], "no amount of money"),
        (["MX", "sms", "--default"], "Write a country, a channel and a direction"),
        (["MX", "sms", "out", "1", "--default"], "write no amount"),
    ],
)
def test_what_cannot_be_set_says_what_to_write(run: Command, written: list[str], said: str) -> None:
    found = run("line", "price", *written)
    assert found.exit_code == 2
    assert said.lower() in found.stderr.lower()
