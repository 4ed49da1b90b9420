# What one does daily. `make` alone lists it; each line is a command that you may as well type.
run = .venv/bin/uv run -p .venv --frozen

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: .venv/bin/uv  ## make .venv and install what the lock file pins
	.venv/bin/uv sync -p .venv --frozen

run: .venv/bin/uv  ## the hotline with its simulator, on port 8000
	$(run) hotline serve

test: .venv/bin/uv  ## all tests, on SQLite and PostgreSQL; make test what=tests/test_race.py for some
	$(run) pytest $(what)

record: .venv/bin/uv  ## write into the transcripts what was answered, to be read as a diff
	$(run) pytest tests/test_transcripts.py --record
	git diff --stat tests/transcripts

look: .venv/bin/uv  ## a picture of every page at every width, light and dark; LOOK=/tmp/look says where
	LOOK=$${LOOK:-/tmp/look} $(run) pytest -n 0 -k test_look

check: .venv/bin/uv  ## style, types, the direction of imports
	$(run) ruff check . && $(run) ruff format --check . && $(run) mypy && $(run) lint-imports

.venv/bin/uv:
	python3 -m venv .venv && .venv/bin/pip install uv

.PHONY: help setup run test record look check
