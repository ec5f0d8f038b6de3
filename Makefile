# Everything that a developer does here. Needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# The tests without a server that hold what a new call, setting or page must not forget.
FAST := tests/unit tests/openapi/test_document.py tests/e2e/access tests/fuzz/test_configuration.py
SOURCES := setup.cfg pyproject.toml requirements.lock

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test check lint format bench faults fuzz long migrate openapi lock clean

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.run ## Make .venv with what the service needs (the others do it themselves)

run: $(VENV)/.run ## Start everything on http://127.0.0.1:8000; data in var/; Ctrl-C stops it
	@exec $(BIN)/quotes serve

# More processes than cores: tests that wait for a fault leave a core to others.
JOBS ?= 3
test: $(VENV)/.dev ## Run all tests; on more than two cores: make test JOBS=8
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: format lint ## Before a commit: format, lint, types, architecture, fast tests
	@$(BIN)/python -m pytest -q -n 2 -m "not server" $(FAST)

lint: $(VENV)/.dev ## Check style, types and architecture; changes nothing
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## Format the code, and fix what can be fixed safely
	@$(BIN)/ruff check --quiet --fix --exit-zero
	@$(BIN)/ruff format

bench: $(VENV)/.dev ## Measure CPU, round trips and memory, beside a NestJS service; options: make bench ARGS=--help
	@$(BIN)/python -m tests.bench $(ARGS)

# Variables that are named on the command line are in the environment too: QUOTES_REDIS_URL and QUOTES_DATABASE_URL.
faults: $(VENV)/.dev ## Prove claims for as long as you like: make faults ROUNDS=5 SEED=1 MINUTES=60 (docs/proof.md)
	@$(BIN)/python -m tests.proof $(ROUNDS:%=--rounds %) $(SEED:%=--seed %) $(MINUTES:%=--minutes %)

long: $(VENV)/.dev ## Prove what takes longer than `make test`: five times the rounds of each race, faults, fuzz (docs/proof.md)
	@RACE_FACTOR=5 $(BIN)/python -m pytest -q -n 3 -m race --timeout 1200
	@$(BIN)/python -m tests.proof
	@$(BIN)/python -m tests.fuzz

fuzz: $(VENV)/.dev ## Ask a running service all that its document says: make fuzz EXAMPLES=100 SEED=1 MINUTES=60 (docs/contract.md)
	@$(BIN)/python -m tests.fuzz $(EXAMPLES:%=--examples %) $(SEED:%=--seed %) $(MINUTES:%=--minutes %)

migrate: $(VENV)/.run ## Bring the database to the newest form
	@$(BIN)/quotes migrate

openapi: $(VENV)/.run ## Print the OpenAPI document: make openapi > docs/openapi.json
	@$(BIN)/quotes openapi

lock: $(VENV)/.dev ## Write requirements.lock; the newest of everything: make lock ARGS=--upgrade
	@$(PIP) install "uv>=0.9"
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra test --extra lint \
		--custom-compile-command "make lock" $(ARGS) --output-file requirements.lock setup.cfg

clean: ## Delete .venv, caches and builds; never var/, which is your data
	@rm -rf $(VENV) build dist *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@rm -rf tests/bench/results tests/bench/peer/node_modules tests/bench/peer/dist tests/openapi/node_modules
	@find domain adapters entrypoints tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: an installation is done once, and again when what it comes from has changed.
$(VENV)/.run: $(SOURCES) | $(BIN)/python
	@echo "Installing the service into $(VENV) (once, some 15 seconds) ..." >&2
	@$(PIP) install --constraint requirements.lock --editable .
	@touch $@

$(VENV)/.dev: $(SOURCES) | $(BIN)/python
	@echo "Installing the service and its tools into $(VENV) (once, some 30 seconds) ..." >&2
	@$(PIP) install --constraint requirements.lock --editable ".[test,lint]"
	@touch $(VENV)/.run $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "$(PYTHON) is missing, or older than 3.11: install Python 3.11, or name one: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) has no venv module: install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 2; }
	@rm -f $(VENV)/.run $(VENV)/.dev
	@$(PYTHON) -m venv $(VENV)
