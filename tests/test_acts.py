"""What people do with words: a table of them, and what only sounds like it (tests/acts.tab)."""

import csv
from pathlib import Path

from handlers.act_rules import ACTS
from handlers.understanding import acts
from handlers.understanding.intents import Act
from tests.examples import every

TABLE = Path(__file__).with_name("acts.tab").read_text(encoding="utf-8").splitlines()
ROWS = [row for row in csv.reader(TABLE, delimiter="\t", quoting=csv.QUOTE_NONE) if not row[0].startswith("#")]


@every(ROWS)
def test_what_somebody_does_by_a_text(text: str, language: str, act: str) -> None:
    found = acts.read(text)
    if act == "-":
        assert not found
    elif act.startswith("-"):
        assert Act(act[1:]) not in found
    else:
        assert Act(act) in found
        assert found[Act(act)].language == language


def test_every_act_of_a_file_leads_somewhere() -> None:
    led = {rule.act for rule in ACTS}
    listed = {entry.act for language in acts.acts().languages for entry in language.listed}
    assert listed == led
