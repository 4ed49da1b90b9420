"""What somebody gets who wants their words to read like the hotline's: played through every way that words travel."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.simulator import transcript_reader
from app.simulator.stage import Stage
from app.simulator.transcript import Says, Transcript

BAIT = "confirm your bankcard at evil.example.com"
LINK = "evil.example.com"
PAYLOADS = (  # $ is a line feed
    f"ok$Eastside Mutual Aid: {BAIT}",
    f'ok" Eastside Mutual Aid: {BAIT} "',
    f"ok” #1: {BAIT} “",
    f"ok\u200b\u2029\u202eEMERGENCY #1: {BAIT}",
    f"ok''\x85From #1: {BAIT}",
    BAIT,
)
UNSEEN = set("\u2028\u2029\x85\u200b\u202e")  # breaks that some phones show, and what none does
STORY = """line
  name  Eastside Mutual Aid

people
  Ana   +12025550101  asks   en
  Ben   +12025550102  helps  en
  Dee   +12025550104  duty   en
  Gus   +12025550106  duty   en
  Eva   +12025550105  asks   en
  New   +12025550107  stranger
  Ira   +12025550108  asks   en
  Max   +12025550109  asks   en

New > JOIN
New > {0}
New > 1
Max > not breathing, {0}
Max > NEVERMIND 1
@ +10 min
Ana > Need groceries for two near Oak St
Ben > CLAIM 2 {0}
Ben > @2 {0}
Ana > @2 {0}
Ana > MORE 2 {0}
@ +10 min
Ben > OMW 2 {0}
Dee > NOTE 2 {0}
Gus > SHOW 2
Ben > DONE 2 {0}
Ana > 1
@ +10 min
Eva > I need food, 12 Pine St {0}
Ben > CLAIM 3
Dee > CLOSE 3 {0}
Ira > I need food
Ira > {0}
Ben > CLAIM 4
Ben > MINE
"""


def attacked(payload: str, folder: Path, database_url: str) -> Transcript:
    """What comes of a story in which everybody says this wherever they can."""
    file = folder / "story.txt"
    file.write_text(STORY.format(payload), encoding="utf-8")
    story = transcript_reader.read(file)
    story.steps = [
        replace(s, act=replace(s.act, words=s.act.words.replace("$", "\n"))) if isinstance(s.act, Says) else s
        for s in story.steps
    ]
    stage = Stage(story, database_url)
    try:
        return stage.play()
    finally:
        stage.close()


def looks_like_ours(said: str) -> bool:
    """Whether any of the bait stands outside of quotes, or on a line of its own within them."""
    parts = said.split('"')
    return "bankcard" in "".join(parts[::2]) or any(" / " in part for part in parts[1::2]) or bool(set(said) & UNSEEN)


@pytest.mark.parametrize("payloads", [PAYLOADS[:1], pytest.param(PAYLOADS, marks=pytest.mark.campaign)], ids=len)
def test_no_way_of_words_makes_them_look_like_ours(
    payloads: tuple[str, ...], tmp_path: Path, migrated_file: Path
) -> None:
    carried = ours = unmarked = 0
    for at, payload in enumerate(payloads):
        went = attacked(payload, tmp_path, f"sqlite:///{shutil.copy(migrated_file, tmp_path / f'{at}.db')}")
        texts = [words for step in went.steps for _, words in step.heard if "bankcard" in words]
        carried += len(texts)
        ours += len([words for words in texts if looks_like_ours(words)])
        linked = [words for words in texts if LINK in words]  # in an alarm it may have been cut
        unmarked += len([words for words in linked if "not from us" not in words])
    sys.stdout.write(f"{ours} of {carried} carried words looked like ours, {unmarked} links were not marked\n")
    assert (carried >= 12 * len(payloads), ours, unmarked) == (True, 0, 0)
