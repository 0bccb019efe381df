# Two commands do everything: `make drill` and `make test`. Each sets up .venv by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := elevenlabs-intermittent --seed 1 --runs 200

.PHONY: drill test proofs lint bench gate-rates schemas clean

drill: $(BIN)/.installed
	@$(BIN)/gameday run $(RUN) || test $$? -eq 1

test: $(BIN)/.tested
	$(BIN)/python -m pytest -n auto

proofs: $(BIN)/.tested # every scenario's own test, over a thousand seeds
	GAMEDAY_SEEDS=1000 $(BIN)/python -m pytest -n auto tests/test_library.py

lint: $(BIN)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(BIN)/.tested
	$(BIN)/python -m benchmarks

# How often the gate flags equal versions, and an acknowledgement that is waited for five minutes longer (20 minutes).
gate-rates: $(BIN)/.tested
	$(BIN)/python -m benchmarks.gate_rates $(TIMES)

schemas: $(BIN)/.installed
	$(BIN)/python -c "from pathlib import Path; from scenarios.schema import write_schemas; from simulator.faults import KINDS; write_schemas(Path('scenarios/schema'), KINDS)"

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(BIN)/.installed: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(BIN)/.tested: $(BIN)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@
