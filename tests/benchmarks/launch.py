"""`hotline serve` on a worse disk, or without group commit. The hotline itself knows nothing of either."""

import os
import time

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from app import cli
from app.database import engine

COMMIT_TAKES = "BENCHMARK_COMMIT_TAKES"  # seconds; where no C compiler is there to slow fsync itself
TEXTS_A_COMMIT = "BENCHMARK_TEXTS_A_COMMIT"

if __name__ == "__main__":
    if TEXTS_A_COMMIT in os.environ:
        assert hasattr(engine, "BATCH"), "what limits a commit has another name now"
        engine.BATCH = int(os.environ[TEXTS_A_COMMIT])
    if takes := float(os.environ.get(COMMIT_TAKES, "0")):

        @sa.event.listens_for(Engine, "commit")
        def wait(_: Connection) -> None:
            time.sleep(takes)

    cli.run()
