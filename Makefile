# Every target does its own set-up. Needs Python >= 3.11, make, git and the package registries.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help

help:            ## what can be made
	@grep -E '^[a-z-]+: .*##|^[a-z-]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 14

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Baton needs Python 3.11 or newer; set PYTHON=/path/to/python3" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip

.venv/.runtime: $(BIN)/python pyproject.toml constraints.txt
	@echo "installing Baton into .venv ..."
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[postgres]'
	@touch $@

.venv/.dev: .venv/.runtime
	@echo "installing what tests and checks need ..."
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	@touch $@

.venv/.host: .venv/.dev
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group host
	@touch $@

env: .venv/.runtime  ## the environment, with the command at .venv/bin/baton

demo: .venv/.runtime  ## a simulated Salesforce and HubSpot, and Baton at work on them; leaves demo-output/index.html
	@$(BIN)/baton demo --output demo-output

# Compiled once: two workers and some hundred commands that tests start would else each do so, where no bytecode is kept.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.dev  ## all tests (about ten minutes on two cores at most)
	@$(BIN)/python -m compileall -q sync connectors
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q tests

deep: export BATON_DEEP = 1
deep: test  ## all tests, with all examples, places and sizes of those that could go on for ever (about three times as long)

check: .venv/.dev  ## style, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports

check-host: .venv/.host  ## what needs more than Python: a browser (system Chromium), the Salesforce CLI (Node), the advisory service
	@$(BIN)/python -m tests.host.pages
	@$(BIN)/python -m tests.host.unit
	@$(BIN)/python -m tests.host.salesforce
	@$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip

schemas: .venv/.runtime  ## the JSON Schemas beside the operators' YAML files, from the models in sync/settings; docs/findings.md
	@$(BIN)/python -m sync.settings.schema
	@$(BIN)/python -m sync.cli.check_page

bench: .venv/.dev  ## benchmarks; prints medians
	@$(BIN)/python -m tests.benchmarks
	@$(BIN)/python -m tests.benchmarks.daemon
	@$(BIN)/python -m tests.benchmarks.report
	@$(BIN)/python -m tests.benchmarks.audit
	@$(BIN)/python -m tests.benchmarks.backfill --scale 20 --modelled
	@$(BIN)/python -m tests.benchmarks.backfill --scale 1 --kills 5

oracle: .venv/.dev  ## working time against two slow oracles, all cases; five companies of first contacts, four whose rules are other than shipped (about eight minutes)
	@$(BIN)/python -m tests.oracle
	@$(BIN)/python -m tests.acceptance.campaign --seeds 5
	@$(BIN)/python -m tests.acceptance.changes

chaos: .venv/.dev  ## small companies under every fault of both APIs: SEED=… RUNS=…, or RUN=seed:number for one of them again
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) $(if $(RUN),--run $(RUN))

clean:  ## remove the environment and what the demo left
	@rm -rf .venv demo-output var .pytest_cache .ruff_cache .hypothesis

.PHONY: help env demo test deep check check-host schemas bench oracle chaos clean
