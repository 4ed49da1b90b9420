"""The rules on the board: every figure in words, and who changed what; all that changes them writes it down."""

import shutil
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from app.database import engine
from app.hotline import Hotline
from app.pages import wording
from app.simulator.sandbox import StillClock
from handlers import phrasebook
from handlers.rules.figures import DEFAULT, GROUPS, UNITS, Unit
from handlers.rules.figures.saying import FigureValue
from handlers.rules.figures.table import FIGURES
from models import line_events, lines, proposals
from models.line_events import LineEvent
from models.lines import Policy
from models.store.session import Session
from tests import fakes
from tests.command import Command
from tests.fakes import Recorder
from tests.visiting import Visitor, visitor

BEN, DEE = "+12025550102", "+12025550104"
PATH = "/board/rules"


def test_every_figure_is_in_one_group_with_the_unit_that_the_command_says() -> None:
    names = [name for group in GROUPS.values() for name in group]
    assert sorted(names) == sorted(field.name for field in fields(Policy))
    called = {unit.value: unit for unit in Unit}
    for name, known in FIGURES.items():
        if known.unit in called and known.unit != "people":
            assert UNITS[name] is called[known.unit], name


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_figure_is_named_explained_and_said(language: str) -> None:
    words = wording.of(language)
    said = set()
    for name in UNITS:
        said.add(words.say(f"rule_names.{name}"))
        assert len(words.say(f"rule_means.{name}").split()) > 2
        assert words.book.worded(FigureValue(name, getattr(DEFAULT, name))).strip("$ ") not in (
            "",
            "None",
            "[]",
            "()",
        )
    assert len(said) == len(UNITS)
    assert all(words.book.say(f"unit_group_{group}") for group in GROUPS)


SAID = [
    ("lease_today", 360, "6 hours", "6 horas"),
    ("lease_anytime", 1440, "1 day", "1 día"),
    ("gap_least_urgent", 0.5, "0.5 minutes", "0.5 minutos"),
    ("gap_urgent", 0, "by how people answer", "según cómo contesta la gente"),
    ("doors_per_day", 0, "no limit", "sin límite"),
    ("quiet_from", 0, "12 AM", "0:00"),
    ("digest_hours", (9, 17), "9 AM and 5 PM", "9:00 y 17:00"),
    ("alarm_repeats", [3, 8, 15], "3 minutes, 8 minutes, and 15 minutes", "3 minutos, 8 minutos y 15 minutos"),
    ("duty_first", [], "none", "nada"),
    ("duty_first", ["money"], "money", "dinero"),
    ("danger_numbers", ["poison=555"], "poison 555", "veneno 555"),
    ("daily_budget", "", "no limit", "sin límite"),
    ("daily_ceiling", "25.00", "$25.00", "$25.00"),
    ("yes_prior", 0.1, "10%", "10 %"),
    ("countries", (), "our own alone", "solo el nuestro"),
    ("countries", ["*"], "all", "todos"),
    ("countries", ["US", "MX"], "United States and Mexico", "Estados Unidos y México"),
    ("offer_shows", "street", "the street or corner, too", "también la calle o la esquina"),
    ("wave_yeses_urgent", 1.0, "1 yes", "1 sí"),
    ("rate_sms", 1.0, "1 a second", "1 por segundo"),
]


@pytest.mark.parametrize(("name", "value", "english", "spanish"), SAID)
def test_a_figure_in_words(name: str, value: object, english: str, spanish: str) -> None:
    assert FigureValue(name, value).in_words(phrasebook.book("en")) == english
    assert FigureValue(name, value).in_words(phrasebook.book("es")) == spanish


def events(hotline: Hotline) -> list[LineEvent]:
    return hotline.database.read(lambda s: line_events.latest(s, 1, 100))[::-1]


def test_every_member_reads_the_rules_and_who_changed_them(hotline: Hotline, clock: StillClock) -> None:
    ben = visitor(hotline, BEN, "Ben").let_in()
    dee = visitor(hotline, DEE, "Dee Alvarez", duty=True)

    def work(session: Session) -> None:
        line = lines.by_id(session, 1)
        with line_events.recorded(session, line, clock.now()):
            area = lines.add_area(session, 1, "Oak & <b>Hill</b>")
            area.aliases = ["Oak St"]
            session.add(area)
            line.rules = {**line.rules, "doors_per_day": 4}
            line.set_answers([lines.Answer(("pantry open",), "Tue 10-12 <script>", None)])
            line.set_other_help([lines.Resource(("food",), "Pantry, 202-555-0188", "es")])
            session.add(line)

    hotline.database.write(work).result()
    for words in ("PAUSE LINE UNTIL FRIDAY", "RESUME LINE", "BRAKE ON"):
        dee.says(words)
    shown = ben.get(PATH).text
    for said in (
        "Oak &amp; &lt;b&gt;Hill&lt;/b&gt;",
        "Tue 10-12 &lt;script&gt;",
        "Pantry, 202-555-0188",
        "<b>4 places</b>",
        "else 6 places",
        "Exact places a day: from 6 places to 4 places",
        "New area Oak &amp; &lt;b&gt;Hill&lt;/b&gt;",
        "New answer to pantry open: Tue 10-12 &lt;script&gt;",
        "A break until Fri",
        "The break ended",
        "The brake is on",
        "988",
    ):
        assert said in shown, said
    assert "<script>" not in shown
    changes = shown.partition('id="changes"')[2]
    assert changes.count(">Dee</td>") + changes.count(">Dee <a") == 3  # by first name, as volunteers know each other
    assert "Alvarez" not in shown
    assert "whoever runs this line" in changes
    assert Visitor(hotline, BEN).get(PATH).status_code == 401


def test_a_change_says_its_number_and_the_proposal_that_decided_it(hotline: Hotline, clock: StillClock) -> None:
    ben = visitor(hotline, BEN, "Ben").let_in()

    def work(session: Session) -> None:
        line = lines.by_id(session, 1)
        for words in ("We meet on Mondays", "Fewer doors"):
            made = proposals.add(session, line, ben.person_id, words, clock.now(), language="en", hours=1)
        with line_events.recorded(session, line, clock.now(), by=ben.person_id, proposal=made.id):
            line.rules = {**line.rules, "doors_per_day": 4}
            session.add(line)

    hotline.database.write(work).result()
    (event,) = (each for each in events(hotline) if each.name == "doors_per_day")
    shown = ben.get(PATH).text
    figures, _, changes = shown.partition('id="changes"')
    assert f">H{event.id}</span>" in changes
    decided = '<a href="/board/proposals/2">decided together in proposal 2</a>'
    assert decided in changes
    assert decided in figures
    assert ">Ben</td>" not in changes
    assert ben.get("/board/proposals/2").status_code == 200


def test_figures_that_only_a_decision_changes_say_so(hotline: Hotline) -> None:
    ben = visitor(hotline, BEN, "Ben").let_in()

    def kept(*names: str) -> str:
        def work(session: Session) -> None:
            line = lines.by_id(session, 1)
            line.rules = {**line.rules, "decided_only": [*names]}
            session.add(line)

        hotline.database.write(work).result()
        return ben.get(PATH).text

    assert kept("max_open", "waves").count("The group keeps this to its decisions.") == 3  # and which they are
    assert kept().count("The group keeps this to its decisions.") == 1


def test_long_lists_of_changes_are_paged(hotline: Hotline, clock: StillClock) -> None:
    ben = visitor(hotline, BEN, "Ben").let_in()

    def work(session: Session) -> None:
        for n in range(70):
            line_events.record(session, 1, line_events.RULE, "max_open", clock.now(), before=n + 100, after=n + 101)

    hotline.database.write(work).result()
    path, seen, pages = PATH, list[int](), 0
    while path:
        shown = ben.get(path).text.partition('id="changes"')[2]
        seen += [n for n in range(69, -1, -1) if f"to {n + 101} requests" in shown]
        path = shown.partition('<a class="button plain" href="')[2].partition("#")[0]
        pages += 1
    assert seen == list(range(69, -1, -1))
    assert pages == 3


def test_what_the_host_changes_is_written_down(tmp_path: Path, migrated_file: Path) -> None:
    run = Command(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'hotline.db')}")
    run.good("line", "rule", "doors_per_day", "4")
    run.good("line", "rule", "doors_per_day", "4")  # no change
    run.good("line", "rule", "doors_per_day", "--default")
    run.good("line", "rule", "waves", "3,6")
    run.good("line", "area", "Oak Hill", "--alias", "Oak St")
    run.good("line", "area", "Oak Hill", "--alias", "Oak")
    run.good("line", "area", "remove", "Oak Hill", "--yes")
    run.good("line", "answer", "add", "pantry open", "--say", "Tue 10-12.")
    run.good("line", "answer", "add", "pantry open", "--say", "Wed 10-12.")
    run.good("line", "answer", "remove", "1")
    run.good("line", "resource", "add", "Pantry", "--need", "food")
    run.good("line", "resource", "remove", "1")
    kept = run.database()
    found = kept.read(lambda s: line_events.latest(s, 1, 100))[::-1]
    kept.close()
    told = [(e.kind, e.name, e.before, e.after) for e in found]
    first = {"heard": ["pantry open"], "words": "Tue 10-12.", "language": None}
    second = {**first, "words": "Wed 10-12."}
    pantry = {"needs": ["food"], "words": "Pantry", "language": None}
    assert told == [
        ("rule", "doors_per_day", None, 4),
        ("rule", "doors_per_day", 4, None),
        ("rule", "waves", None, [3, 6]),
        ("area", "Oak Hill", None, ["Oak St"]),
        ("area", "Oak Hill", ["Oak St"], ["Oak St", "Oak"]),
        ("area", "Oak Hill", ["Oak St", "Oak"], None),
        ("answer", "pantry open", None, first),
        ("answer", "pantry open", first, second),
        ("answer", "pantry open", second, None),
        ("resource", "Pantry", None, pantry),
        ("resource", "Pantry", pantry, None),
    ]
    assert {e.by_person_id for e in found} == {None}


def test_settings_that_change_a_line_at_the_start_are_written_down(database_url: str, clock: StillClock) -> None:
    def start(**settings: object) -> None:
        running = Hotline(fakes.settings(database_url, **settings), carrier=Recorder(), clock=clock)
        running.prepare()
        running.stop()

    start(hotline_name="Oak Neighbors")
    start(hotline_name="Oak Neighbors")
    start(hotline_name="Elm Neighbors", hotline_number="+12025550190", hotline_reply_limit=9)
    kept = engine.connect(make_url(database_url))
    found = kept.read(lambda s: line_events.latest(s, 1, 100))[::-1]
    kept.close()
    assert [(e.kind, e.name, e.after) for e in found] == [
        ("setting", "name", "Elm Neighbors"),
        ("setting", "sms", "+12025550190"),
        ("rule", "reply_limit", 9),
    ]
    assert found[0].before == "Oak Neighbors"


def test_breaks_and_the_brake_are_written_down_with_who_did_it(hotline: Hotline) -> None:
    dee = visitor(hotline, DEE, "Dee", duty=True)
    ben = visitor(hotline, BEN, "Ben")
    for words in ("PAUSE LINE UNTIL FRIDAY", "PAUSE LINE UNTIL MONDAY", "RESUME LINE", "RESUME LINE", "BRAKE OFF"):
        dee.says(words)
    ben.says("PAUSE LINE UNTIL FRIDAY")  # not on duty
    found = events(hotline)
    assert [(e.kind, e.before is None, e.after is None) for e in found] == [
        ("pause", True, False),
        ("pause", False, False),
        ("pause", False, True),
        ("brake", False, False),
    ]
    assert found[0].after == found[1].before
    assert (found[3].before, found[3].after) == (False, False)
    assert {e.by_person_id for e in found} == {dee.person_id}
    dee.says("DUTY OFF")
    dee.says("FORGET ME")
    dee.says("1")
    shown = ben.let_in().get(PATH).text
    assert "Dee" not in shown
