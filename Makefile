# Everything needs only Python >= 3.11, make and git; `make` prints what there is.

PYTHON ?= python3
UV     ?= uv
BIN    := .venv/bin
READY  := .venv/.ready
RUN    := $(BIN)/python -m
# A command with an empty PostgreSQL and Redis of its own, gone when it ends.
ALONE  := $(RUN) service.dev.throw_away

.DEFAULT_GOAL := help
.PHONY: help run test check audit format bench bench-realtime chaos chaos-realtime simulation conformance migrate migration requirements

help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

run: $(READY) ## Start everything here; Ctrl-C stops it, .data/ keeps it (PORT=8000)
	@exec $(BIN)/python -m service dev

test: $(READY) ## Run the whole suite on servers of its own
	$(BIN)/pytest -n 4 --dist worksteal
	@if command -v node >/dev/null; then \
		node --test $$(find tests/client -name '*.test.*js'); \
	else \
		echo "SKIPPED: the browser module's tests need Node.js 20 or newer (not found on PATH)."; \
		test -z "$$CI"; \
	fi

check: $(READY) ## Check format, lint, types, import contracts, security lint, and that migrations match the models
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -ii -c pyproject.toml -r service jobs realtime
	$(ALONE) sh -ec '$(RUN) service migrate; $(BIN)/alembic check'

audit: $(READY) ## Ask an advisory database about every pinned dependency (needs the network)
	$(RUN) tests.security.audit

format: $(READY) ## Format the code and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## Measure the engine beside its peers (QUICK=1: a minute; ARGS="drain growth --alone")
	$(RUN) tests.benchmarks peers
	$(RUN) tests.benchmarks $(if $(QUICK),--quick) --json bench.json --plot bench.svg $(ARGS)

bench-realtime: $(READY) ## Measure the way back beside its peers (QUICK=1: a minute; ARGS="fanout --alone")
	$(RUN) tests.benchmarks.realtime peers
	$(RUN) tests.benchmarks.realtime $(if $(QUICK),--quick) --json bench-realtime.json $(ARGS)

chaos: $(READY) ## Load and faults for eight minutes, then the judge (ARGS="--seconds 60 --seed 2")
	$(RUN) tests.faults.chaos $(ARGS)

chaos-realtime: $(READY) ## Clients by the thousand and faults, four minutes (ARGS="--seconds 60 --size 200")
	$(RUN) tests.faults.realtime $(ARGS)

simulation: $(READY) ## Weeks in which clocks change, 500 users in 30 zones (ARGS="--users 100 --weeks autumn")
	$(RUN) tests.simulation $(ARGS)

conformance: $(READY) ## Check a running server's protocol (ARGS="--url http://127.0.0.1:8000 --token …")
	$(RUN) tests.conformance $(ARGS)

migrate: $(READY) ## Bring DATABASE_URL to the newest schema (`make run` does it by itself)
	$(RUN) service migrate

migration: $(READY) ## Write a migration from the models: make migration m="add the inbox"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="add the inbox"'; exit 2; }
	$(ALONE) sh -ec '$(RUN) service migrate; $(BIN)/alembic revision --autogenerate -m "$(m)"'

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links pyproject.toml

requirements: ## Pin the dependencies of pyproject.toml anew (needs uv; UPGRADE=--upgrade for newest)
	$(COMPILE) $(UPGRADE) --extra sentry --extra otel --output-file requirements.txt
	$(COMPILE) $(UPGRADE) --extra sentry --extra otel --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	@! grep -nE 'https?://|index-url|find-links' requirements.txt requirements-dev.txt

$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Jobcast needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "This Python can't make virtual environments; on Debian: apt-get install python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/$(BIN)/python" -m service "$$@"\n' "$(CURDIR)" "$(CURDIR)" >$(BIN)/jobcast
	@chmod +x $(BIN)/jobcast
	@touch $@
