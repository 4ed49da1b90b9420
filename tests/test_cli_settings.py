"""Wrong settings: one line for each, which variable and what to write; no traceback and never a secret."""

from pathlib import Path

import pytest

from tests.command import Command, process

SECRET = "0123456789abcdef-secret"
COMMANDS = [
    ["serve"],
    ["work"],
    ["doctor"],
    ["migrate"],
    ["tick"],
    ["person", "list"],
    ["request", "list"],
    ["line", "list"],
]
WRONG = [
    ({"PORT": "eighty"}, ["PORT: not a port; write a number"]),
    ({"PORT": "65536"}, ["PORT: "]),
    ({"PORT": "-1"}, ["PORT: "]),
    ({"PORT": "9" * 5000}, ["PORT: "]),
    ({"DATABASE_URL": "hotline.db"}, ["DATABASE_URL: not a database we know; write sqlite:///"]),
    ({"DATABASE_URL": "mysql://u:p@host/name"}, ["DATABASE_URL: "]),
    ({"DATABASE_URL": f"postgresql://u:{SECRET}@host:port/name"}, ["DATABASE_URL: "]),
    ({"DATABASE_URL": "sqlite://"}, ["DATABASE_URL: a hotline must survive a restart"]),
    ({"DATABASE_URL": "sqlite:///:memory:"}, ["DATABASE_URL: "]),
    ({"PUBLIC_URL": "hotline.example.org"}, ["PUBLIC_URL: not a whole web address; write it"]),
    ({"PUBLIC_URL": "https://hotline.example.org/?a=b"}, ["PUBLIC_URL: "]),
    ({"PUBLIC_URL": "https://[hotline"}, ["PUBLIC_URL: "]),
    ({"HOTLINE_NUMBER": "555-0100"}, ["HOTLINE_NUMBER: not a whole phone number; write it with +"]),
    ({"HOTLINE_WHATSAPP": "+1 202 555"}, ["HOTLINE_WHATSAPP: "]),
    ({"HOTLINE_LANGUAGE": "klingon"}, ["HOTLINE_LANGUAGE: a language we do not speak yet; write one of: en, es"]),
    ({"HOTLINE_TIMEZONE": "../../etc/passwd"}, ["HOTLINE_TIMEZONE: not a time zone; write its name"]),
    ({"HOTLINE_COUNTRY": "America"}, ["HOTLINE_COUNTRY: not a country; write its two letters"]),
    ({"HOTLINE_NAME": "x" * 61}, ["HOTLINE_NAME: too long with 61 letters"]),
    ({"HOTLINE_EMERGENCY_NUMBER": "nine one one"}, ["HOTLINE_EMERGENCY_NUMBER: "]),
    ({"HOTLINE_SIMULATOR_HOSTS": "https://demo.example.org"}, ["HOTLINE_SIMULATOR_HOSTS: not hosts; write their"]),
    ({"HOTLINE_SIMULATOR_HOSTS": "*"}, ["HOTLINE_SIMULATOR_HOSTS: "]),
    ({"TWILIO_API_URL": "api.twilio.com"}, ["TWILIO_API_URL: "]),
    ({"TWILIO_MESSAGING_SERVICE_SID": "AC1"}, ["TWILIO_MESSAGING_SERVICE_SID: "]),
    ({"TWILIO_ACCOUNT_SID": SECRET, "TWILIO_AUTH_TOKEN": SECRET}, ["TWILIO_ACCOUNT_SID: not an Account SID"]),
    (
        {"TWILIO_AUTH_TOKEN": SECRET},
        ["TWILIO_ACCOUNT_SID: TWILIO_AUTH_TOKEN is set", "PUBLIC_URL: not set", "HOTLINE_NUMBER: not set"],
    ),
    (
        {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": SECRET, "HOTLINE_WHATSAPP": "+12025550100"},
        ["PUBLIC_URL: not set"],
    ),
    ({"PORT": "x", "HOTLINE_COUNTRY": "x", "PUBLIC_URL": "x"}, ["PUBLIC_URL: ", "HOTLINE_COUNTRY: ", "PORT: "]),
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("env", "said"), WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_each_wrong_variable_has_a_line_of_its_own(env: dict[str, str], said: list[str]) -> None:
    done = Command()("person", "list", **env)
    lines = done.stderr.splitlines()
    assert done.exit_code == 2
    assert not done.stdout
    assert [line.startswith(start) for line, start in zip(lines, said, strict=True)] == [True] * len(said), lines
    assert SECRET not in done.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_so(command: list[str]) -> None:
    done = Command()(*command, PORT="x")
    assert done.exit_code == 2
    assert "PORT: not a port; write a number from 1 to 65535, such as 8000" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_the_real_command_too(command: str, tmp_path: Path) -> None:
    running = process([command], tmp_path, TWILIO_AUTH_TOKEN=SECRET, HOTLINE_LANGUAGE="klingon", PORT="x")
    out, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "HOTLINE_LANGUAGE: a language we do not speak yet" in out + err
    assert "PORT: not a port" in out + err
    assert "Traceback" not in out + err
    assert SECRET not in out + err


def test_settings_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HOTLINE_NAME=Oak Street Neighbors\nPORT=x\n")
    assert "PORT: not a port" in Command()("line", "list").stderr
    (tmp_path / ".env").write_text("HOTLINE_NAME=Oak Street Neighbors\n")
    assert "Oak Street Neighbors" in Command().good("line", "list")


def test_a_file_of_settings_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"HOTLINE_NAME=\xff\xfe\xfd\n")
    done = Command()("line", "list")
    assert (done.exit_code, done.stderr) == (2, ".env: not plain text; save it as UTF-8\n")


def test_spaces_and_empty_variables_do_no_harm() -> None:
    said = Command().good("line", "list", HOTLINE_NAME="  Oak  Line\n", HOTLINE_COUNTRY=" ", PORT=" 8000 ")
    assert "Oak Line" in said


def test_a_database_that_does_not_answer_is_one_line_without_the_password() -> None:
    done = Command(f"postgresql://ana:{SECRET}@127.0.0.1:1/hotline")("request", "list")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "postgresql+psycopg://ana:***@127.0.0.1:1/hotline does not answer" in done.stderr
    assert SECRET not in done.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_missing_folder_is_named(command: list[str], tmp_path: Path) -> None:
    done = Command(f"sqlite:///{tmp_path}/nowhere/hotline.db", PORT="0")(*command)
    assert done.exit_code == 1
    assert f"DATABASE_URL: there is no folder {tmp_path}/nowhere; make it" in done.output


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    done = Command(f"sqlite:///{tmp_path}")("person", "list")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"DATABASE_URL: {tmp_path} is a folder")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder in which nobody may write, not even root")
def test_a_place_where_nothing_can_be_written_is_named() -> None:
    done = Command("sqlite:////proc/hotline.db")("person", "list")
    assert done.exit_code == 1
    assert done.stderr.startswith("DATABASE_URL: nothing can be written in /proc (")
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "photo.db").write_bytes(b"\x89PNG" * 1000)
    done = Command(f"sqlite:///{tmp_path}/photo.db")("person", "list")
    assert done.exit_code == 1
    assert "file is not a database" in done.stderr
    assert done.stderr.count("\n") == 1
