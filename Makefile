# Everything a newcomer, a contributor or a build machine runs. `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ROOMS := barometer probes spiders storage schedules
CLI_REFERENCE := docs/cli.md
GRIDS := docs/grids.md
TABLES := docs/export.md
WORKERS ?= 2

# A pyenv shim exists even for a version that is not there, so each candidate is asked rather than looked up.
PYTHON ?= $(shell for candidate in python3.11 python3 python3.14 python3.13 python3.12; do \
	$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo $$candidate; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help install browser python-found demo audit test quick fuzz check lint types floors docstrings docs-check docs lock bench accuracy soak parts clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(STAMP) browser ## virtual environment in .venv, pinned dependencies, a Chromium if none is found

python-found:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer found; install it, or name it: make install PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "make: $(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }

$(STAMP): requirements.lock pyproject.toml | python-found
	@echo "Installing into $(VENV) with $(PYTHON) (about a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

browser:
	@sh .ci/chromium

demo: install ## crawl the embedded market of invented merchants, write to it, time the answers, publish its podium
	@$(BIN)/barometer demo $(ARGS)

audit: install ## audit one site: make audit URL=https://shop.example [ARGS="--json -"]
	@test -n "$$URL" || { echo "make audit: no site given; write make audit URL=https://shop.example" >&2; exit 2; }
	@$(BIN)/barometer audit "$$URL" $(ARGS)

test: install ## the whole test suite, on WORKERS processes (2 unless told)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not soak" $(ARGS)

quick: install ## the tests that take no more than a few seconds each
	@$(BIN)/python -m pytest -m "not soak and not slow and not postgres and not corpus" $(ARGS)

fuzz: install ## the property tests on fresh random examples, ROUNDS times over (5 unless told)
	@files=$$(grep -rl "from hypothesis import" tests --include="test_*.py"); \
	for round in $$(seq $${ROUNDS:-5}); do HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -q $$files $(ARGS) || exit 1; done

check: lint types floors docstrings docs-check ## style, types, floors, docstrings, docs up to date (make -k check shows all failures)

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: install
	@$(BIN)/mypy

floors: install
	@$(BIN)/lint-imports

docstrings: install
	@$(BIN)/interrogate $(ROOMS)

docs-check: install
	@$(BIN)/python -m barometer.cli.reference --check $(CLI_REFERENCE)
	@$(BIN)/python -m barometer.grids.table --check $(GRIDS)

docs: install ## write the generated pages: the command line, the grids, the tables
	@$(BIN)/python -m barometer.cli.reference --write $(CLI_REFERENCE)
	@$(BIN)/python -m barometer.grids.table --write $(GRIDS)
	@$(BIN)/python -m barometer.tables.described --write $(TABLES)

COMPILE := build/lock/bin/uv pip compile pyproject.toml - --extra postgres --extra cluster --extra s3 --python-version 3.11 --universal \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet
BUILD_NEEDS := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")

lock: python-found ## pin every dependency again, with hashes: requirements.lock, and without tests deploy/requirements.lock
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/pip install -qq --disable-pip-version-check uv
	@$(PYTHON) -c '$(BUILD_NEEDS)' | $(COMPILE) --extra dev --upgrade --output-file requirements.lock
	@grep -v '^ *--hash\|^#' requirements.lock | sed 's/ \\$$//' > build/lock/pins.txt
	@$(PYTHON) -c '$(BUILD_NEEDS)' | $(COMPILE) --constraint build/lock/pins.txt --output-file build/lock/service.lock
	@{ head -n 1 deploy/requirements.lock; cat build/lock/service.lock; } > build/lock/both && cp build/lock/both deploy/requirements.lock

accuracy: install ## accuracy on the open corpus and on tests/markets, per channel
	@$(BIN)/python -m benchmarks.accuracy $(ARGS)
	@$(BIN)/python -m benchmarks.reply_accuracy $(ARGS)
	@$(BIN)/python -m benchmarks.form_accuracy $(ARGS)

bench: install ## cost of the search against a plain Scrapy spider and Crawlee (several minutes)
	@$(BIN)/python -m benchmarks.search_cost $(ARGS)

soak: install ## kill real nights, schedulers, senders and readers over and over (needs root, Postfix, Dovecot; long)
	@$(BIN)/python -m pytest -m soak
	@$(BIN)/python -m benchmarks.soak_night
	@if [ -n "$$BAROMETER_TEST_POSTGRES" ]; then $(BIN)/python -m benchmarks.soak_night --postgres "$$BAROMETER_TEST_POSTGRES"; fi
	@$(BIN)/python -m benchmarks.soak $(ARGS)

parts: install ## the real parts that some tests talk to: a help desk (Django) and Prism (npm), into build/
	@sh tests/helpdesk/install
	@sh .ci/prism

clean: ## remove the virtual environment and every cache; var/ (the records) stays
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	@find $(ROOMS) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
