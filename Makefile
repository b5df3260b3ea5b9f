# Songnuan Ledger. Every target sets up what it needs.
.PHONY: setup demo test lint bench clean

PYTHON ?= python3
UV := .venv/bin/uv
RUN := .venv/bin/

setup: .venv/.ready

.venv/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=python3.12"; exit 1; }
	@test -x $(RUN)python || $(PYTHON) -m venv .venv || { echo "the venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@test -x $(UV) || $(RUN)python -m pip install --quiet --disable-pip-version-check 'uv>=0.7'
	@UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --frozen --quiet --inexact
	@touch $@

demo: setup
	@$(RUN)songnuan demo

lint: setup
	@$(RUN)ruff check .
	@$(RUN)mypy
	@$(RUN)lint-imports

test: lint
	@$(RUN)python -m pytest

bench: setup
	@$(RUN)python -m tests.bench
	@$(RUN)python -m tests.bench.views
	@$(RUN)python -m tests.bench.linkage
	@$(RUN)python -m tests.bench.proof

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .import_linter_cache
