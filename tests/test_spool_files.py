"""The spool's files: what went in comes back, the oldest first, and nobody else may read it."""

from pathlib import Path

from app.carriers.base import Webhook
from app.carriers.twilio.webhook import parse
from app.inbound.spool import STALE, Spool
from models.inbound import Heard
from tests.fakes import MORNING, StillClock
from tests.shaky import ANA, put, sms


def test_a_webhook_comes_back_as_it_went_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "deep" / "spool")
    one = Webhook(
        "twilio", "/twilio/message", "", "Body=ñ+%F0%9F%99%8F+\n&From=".encode() + bytes(range(256)), MORNING
    )
    two = Webhook("another", "/another/status", "id=42&again=", b"", MORNING)
    for key, webhook in ((ANA, one), ("status:42", two)):
        spool.put(webhook, key)
        assert spool.holds(key)
    found = [file for box in spool.boxes() for file in spool.oldest(box)]
    assert sorted((spool.read(file) for file in found), key=lambda w: w.path, reverse=True) == [one, two]
    assert spool.waiting() == 2
    for file in found:
        spool.done(file)
    assert (spool.waiting(), spool.boxes(), spool.holds(ANA)) == (0, [], False)


def test_nobody_else_may_read_it_and_no_name_holds_a_number(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    put(spool, sms(ANA, "hello"))
    (box,) = spool.boxes()
    (file,) = spool.oldest(box)
    assert [oct(path.stat().st_mode & 0o777) for path in (spool.folder, box, file)] == ["0o700", "0o700", "0o600"]
    assert "2025550101" not in str(file.relative_to(tmp_path))
    spool.quarantine(file)
    assert [oct(path.stat().st_mode & 0o777) for path in (spool.folder / "quarantine").iterdir()] == ["0o600"]


def test_the_oldest_comes_first_whenever_it_was_written(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for at in (3, 1, 2):
        put(spool, sms(ANA, str(at), at=at))
    (box,) = spool.boxes()
    said = []
    for file in spool.oldest(box, 5):
        heard = parse(spool.read(file))
        assert isinstance(heard, Heard)
        said.append(heard.body)
        spool.done(file)
    assert said == ["1", "2", "3"]


def test_what_was_only_begun_to_be_written_is_no_text_and_goes_away(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    put(spool, sms(ANA, "hello"))
    begun = spool.folder / ".writing" / "begun"
    begun.write_text('{"said": {"Bo')
    assert spool.waiting() == 1
    written = StillClock().now().fromtimestamp(begun.stat().st_mtime, MORNING.tzinfo)
    spool.remove_stale_drafts(written)
    assert begun.exists()
    spool.remove_stale_drafts(written + STALE * 2)
    assert not begun.exists()
    assert spool.waiting() == 1


def test_one_process_at_a_time_empties_it(tmp_path: Path) -> None:
    spool, same = Spool(tmp_path), Spool(tmp_path)
    with spool.exclusive() as ours, same.exclusive() as theirs:
        assert (ours, theirs) == (True, False)
    with same.exclusive() as theirs:
        assert theirs
