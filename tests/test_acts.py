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


@every(
    "Ben creeps me out i dont want him at my door|can someone other than ben come|no more Ben please|not Ben please"
    "|Ben's a creep|keep ben away|tell Ben to leave me alone|I don't feel safe around Ben|can it not be BEN"
    "|no Ben please|no quiero que vuelva Ben|otro que no sea Ben|ya no Ben|no quiero a Ben|Ben me da miedo".split("|")
)
def test_who_helps_may_be_called_by_name(text: str) -> None:
    assert acts.speaks_of_helper(text, ["Ben"])
    assert not acts.speaks_of_helper("", ["Ben"])


@every(
    "Ben not the front door, the side one|Ben, no more milk please|tell Ben thanks|is Ben coming"
    "|Ben dont ring the bell|tell Ben the dog is not mean|dile a Ben que no toque"
    "|Ben no es esa puerta|ya no necesito leche Ben".split("|")
)
def test_words_for_who_helps_stay_theirs(text: str) -> None:
    assert not acts.speaks_of_helper(text, ["Ben"])


def test_every_act_of_a_file_leads_somewhere() -> None:
    led = {rule.act for rule in ACTS}
    listed = {entry.act for language in acts.acts().languages for entry in language.listed}
    assert listed == led
