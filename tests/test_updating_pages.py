"""docs/updating.md: its server's steps are followed word for word, there and back, with a real repository."""

import re
import subprocess
from pathlib import Path

import pytest

from app.database import migrations
from tests.following import ROOT, Follower, blocks, checkout, free_port

PAGE = "docs/updating.md"
MIGRATION = '''"""A newer version's, whose tables are the same."""

from alembic import op

revision, down_revision, branch_labels, depends_on = "ffff00000001", "{head}", None, None


def upgrade() -> None:
    op.execute("UPDATE person SET name = name")
'''
GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *args: str) -> None:
    subprocess.run([*GIT, *args], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("page", ["server", "raspberry-pi", "procfile", "tunnel"])
def test_every_page_of_a_host_says_how_it_is_updated(page: str) -> None:
    sections = re.findall(r"^## (.+)$", (ROOT / PAGE).read_text(), re.M)
    anchors = {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in sections}
    linked = re.findall(r"updating\.md#([\w-]+)", (ROOT / f"docs/hosting/{page}.md").read_text())
    assert linked
    assert set(linked) <= anchors


def test_a_rented_server_is_updated_and_goes_back(tmp_path: Path) -> None:
    here = Follower(tmp_path, free_port(), nano=":")
    update, back, start, *_ = blocks(PAGE)
    source = checkout(tmp_path / "source")
    git(source, "init")
    git(source, "add", "--all")
    git(source, "commit", "--message", "this version")
    git(tmp_path, "clone", str(source), str(tmp_path / "opt/hotline"))
    server = blocks("docs/hosting/server.md")
    here.run(server[1].partition("\n")[2], tmp_path)  # cloned already
    here.run(server[3].rpartition("\nhotline doctor")[0], tmp_path)
    here.run('hotline person add "+1 202 555 0102" --name Ben --helper --duty', tmp_path)
    (source / "migrations/versions/ffff00000001_newer.py").write_text(MIGRATION.format(head=migrations.head()))
    git(source, "add", "--all")
    git(source, "commit", "--message", "a newer one")
    said = here.run(update, tmp_path)
    assert "The database is up to date." in said
    assert "database: " in said
    made = list((tmp_path / "var/lib/hotline/backups").glob("*-before-migration.db"))
    assert len(made) == 1
    first, second, migrate = back.splitlines()
    here.run(f"{first}\n{second}", tmp_path)
    refused = here.run(f"! {migrate} 2>&1", tmp_path)
    (named,) = re.findall(r"hotline restore (\S+),", refused)
    here.run(f"hotline restore {named} --yes", tmp_path)
    assert "Ben" in here.run(f"hotline person list\n{start}", tmp_path)
    assert [line for line in here.called if line.startswith("systemctl")] == [
        "systemctl restart hotline",
        "systemctl stop hotline",
        "systemctl start hotline",
    ]
