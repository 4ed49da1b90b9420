"""No part of a database's password is ever printed, whatever it is made of; the message says how to write it."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import settings as at_most
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from app.cli.trouble import unreachable
from app.hotline import Hotline
from app.main import create_app
from app.settings import Settings, complaints, shown
from app.telemetry import logs
from tests.command import Command, process
from tests.health_fakes import ask

CASE = "postgresql://app:Sup3r@Secret@127.0.0.1:55432/own"
COMMANDS = ["serve", "work", "migrate", "tick", "doctor", "person list", "request list", "line list"]
WORD = st.text("QXZJ790", min_size=3, max_size=6)
PASSWORDS = st.lists(WORD, min_size=2, max_size=4).flatmap(
    lambda words: st.lists(
        st.sampled_from(["@", "/", ":", "?", "#", "%", "%4", "&", "=", "+", " ", "[", "]", "@@", "\\", "//", "ñ"]),
        min_size=len(words) - 1,
        max_size=len(words) - 1,
    ).map(lambda marks: (words, marks))
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_how_to_write_it_and_no_part_of_it(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = Command(CASE)(*command.split())
    assert done.exit_code == 2
    assert "DATABASE_URL: more than one @ in it; in a password write @ as %40" in done.output
    assert "Sup3r" not in done.output
    assert "Secret" not in done.output


def test_the_real_command_and_a_file_of_settings_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"DATABASE_URL={CASE}\n")
    running = process(["serve"], tmp_path)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "write @ as %40" in err
    assert "Sup3r" not in out + err
    assert "Secret" not in out + err


@at_most(max_examples=40)
@given(PASSWORDS)
@example((["Sup3r", "Secret"], ["@"]))
@example((["Sup3r", "Secret"], ["/"]))
@example((["Sup3r", "127", "Secret"], ["@", "/"]))
def test_however_it_is_written_nothing_of_it_is_shown(made: tuple[list[str], list[str]]) -> None:
    words, marks = made
    password = words[0] + "".join(mark + word for mark, word in zip(marks, words[1:], strict=True))
    for written in (password, quote(password, safe="")):
        for form in (f"app:{written}@db.example.org/own", f"db.example.org/own?user=app&password={written}"):
            said = printed(f"postgresql://{form}", password)
            assert [word for word in words if word in said] == []


def printed(url: str, password: str) -> str:
    """Everything that would be printed or logged with this address, when the server quotes the password too."""
    try:
        settings = Settings(_env_file=None, database_url=url)
    except ValidationError as error:
        return "\n".join([*complaints(error), str(error), repr(error)])
    quoted = OperationalError("", {}, ConnectionError(f"no: {settings.database.password or password}"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", url)
        told = unreachable(quoted) if settings.database.password else ""
    logs.configure(settings)
    log = logs.masked(f"said {settings.database.render_as_string(hide_password=False)}")
    logs.configure(Settings(_env_file=None))
    return "\n".join([shown(settings.database), told, log])


def test_a_password_that_is_written_right_arrives_as_it_is() -> None:
    password = "Sup3r@Se/cr:e?t#%"
    settings = Settings(_env_file=None, database_url=f"postgresql://app:{quote(password, safe='')}@127.0.0.1/own")
    assert settings.database.password == password
    assert password in settings.secrets


ODD = [("Sup3rXQ", "@", "SecretZJ"), ("QqXx", "/@:?#", "ZzJj"), ("Xñq%", " %4", "[Jz]")]


@pytest.mark.parametrize("parts", ODD, ids=["at", "marks", "letters"])
def test_a_server_that_is_away_gets_no_part_of_it_told(parts: tuple[str, str, str]) -> None:
    """By commands, as JSON too, and by whatever is written in the log meanwhile."""
    url = f"postgresql://app:{quote(''.join(parts), safe='')}@127.0.0.1:1/own"
    for asked in (["doctor", "--json"], ["doctor"], ["migrate"], ["person", "list"]):
        done = Command(url, LOG_LEVEL="debug")(*asked)
        assert done.exit_code != 0
        assert done.output.strip()
        assert [word for word in told_of(parts) if word in done.output] == []


@pytest.mark.anyio
@pytest.mark.parametrize("parts", ODD, ids=["at", "marks", "letters"])
async def test_health_says_that_it_is_away_and_no_part_of_it(tmp_path: Path, parts: tuple[str, str, str]) -> None:
    url = f"postgresql://app:{quote(''.join(parts), safe='')}@127.0.0.1:1/own"
    hotline = Hotline(Settings(_env_file=None, database_url=url, hotline_spool=tmp_path / "spool"))
    try:
        answer = await ask(create_app(hotline=hotline), "/health", patient=False)
    finally:
        hotline.stop()
    assert answer.status_code == 503
    assert [word for word in told_of(parts) if word in answer.text] == []


def told_of(parts: tuple[str, str, str]) -> list[str]:
    """What would give a password away, as it is and as an address has it."""
    return [parts[0], parts[2], quote(parts[0], safe=""), quote(parts[2], safe="")]
