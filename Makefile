# make quickstart   a first sweep on dSprites, to a printed table
# make test         the default tests
# make check        what CI runs first: format, lint, types, import rules, default tests
# make faults       slow tests, and tests that kill processes
# make coverage     branch coverage of the default tests
# make mutants      small changes of the code that no test notices; MODULES="sweeper/ids.py ..."
# make messages     every message to users, in one list
# make bench        the benchmarks, to benchmarks/results/REPORT.md
# make gpu          tests and times on one GPU, under 8 minutes, to benchmarks/results/gpu.md
# make docs         the site, to docs/_build/html/index.html
# make package      wheel and source distribution, to dist/
# Each makes .venv when it is missing or older than pyproject.toml. TORCH=cpu, cu126, ... or pip
# names the build of PyTorch; by default it follows from the machine.

PYTHON ?= python3
TORCH ?= auto
EXTRAS ?= test
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Each of the many processes of the tests would compile the sources again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: quickstart test check faults coverage mutants messages bench gpu docs package install clean

quickstart: $(STAMP)
	$(BIN)/sweeper launch grids/quickstart.yaml

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

faults: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow or fault or browser" --timeout 900 --durations 30

coverage: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report term --cov-report html

mutants: $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[mutants]'
	$(BIN)/python tools/mutants.py $(MODULES)

messages: $(STAMP)
	$(BIN)/python -m tests.messages

bench: $(STAMP)
	$(BIN)/python -m benchmarks

gpu: $(STAMP)
	$(BIN)/python -m benchmarks.gpu

docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

package: $(STAMP)
	$(BIN)/python -m build --outdir dist .

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) tools/install.py $(VENV) --extras $(EXTRAS) --torch $(TORCH)
	@touch $@

clean:
	rm -rf $(VENV) build dist docs/_build *.egg-info
