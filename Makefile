# make quickstart   a first sweep on dSprites, to a printed table
# make test         the default tests
# make check        what CI runs first: format, lint, types, import rules, default tests
# make faults       slow tests, and tests that kill processes
# make coverage     branch coverage of the default tests
# make messages     every message to users, in one list
# make bench        the benchmarks, to benchmarks/results/REPORT.md
# make gpu          tests and times on one GPU, under 8 minutes, to benchmarks/results/gpu.md
# Each makes .venv when it is missing or older than pyproject.toml.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: quickstart test check faults coverage messages bench gpu install clean

quickstart: $(STAMP)
	$(BIN)/sweeper launch grids/quickstart.yaml

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

faults: $(STAMP)
	$(BIN)/python -m pytest -m "slow or fault or browser" --timeout 900 --durations 15

coverage: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report term --cov-report html

messages: $(STAMP)
	$(BIN)/python -m tests.messages

bench: $(STAMP)
	$(BIN)/python -m benchmarks

gpu: $(STAMP)
	$(BIN)/python -m benchmarks.gpu

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 13) else \
	  f"Python 3.11 or 3.12 is needed, $(PYTHON) is {v[0]}.{v[1]}; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info
