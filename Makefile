# Needs Debian (or alike) with make and Python 3.11 or newer with venv; everything else comes by itself.
# `make` lists what there is.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

# Where this is set, each of the processes that the tests and the demo start would compile every source anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench soak lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1	/'

setup: $(VENV)/.installed  ## the virtual environment, exactly as locked

demo: setup  ## run the product on real sample data (ONCE=1 ends by itself)
	@ANYSHELF_DATA_DIR="$${ANYSHELF_DATA_DIR:-$(CURDIR)/.data}" $(BIN)/anyshelf demo $(if $(ONCE),--once)

test: setup  ## every test, in a browser too (Chromium is installed when missing and root)
	@if ! command -v curl >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq curl >/dev/null || true; \
	fi
	@browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null; \
	if ! browser && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests …"; \
	  apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	fi; \
	if browser; then exec $(BIN)/python -m pytest -n 2 --dist worksteal; fi; \
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser"; \
	echo "The browser tests did not run. Install Chromium (Debian: sudo apt-get install chromium) and repeat."; \
	exit 1

check: setup  ## what can be judged without running: style, types, layers, security, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --configfile pyproject.toml --severity-level medium --recursive routing inventory oms api
	$(BIN)/python scripts/audit_dependencies.py

BENCH := $(BIN)/python -m pytest --benchmark-only --benchmark-columns=min,median,rounds --timeout 3600

bench: setup  ## how fast, and beside what: one table, in benchmarks/results and the README too
	@mkdir -p .benchmarks && touch .benchmarks/begun
	$(BENCH) benchmarks/bench_kernel.py --benchmark-json=.benchmarks/kernel.json
	$(BIN)/python -m benchmarks.kernel_report .benchmarks/kernel.json \
	  --date "$$(date +%F)" --commit "$$(git rev-parse --short HEAD)"
	$(BENCH) benchmarks --ignore benchmarks/bench_kernel.py
	-$(BIN)/python -m benchmarks.bench_checkout
	$(BIN)/python -m benchmarks.order_rate
	-$(BIN)/python -m benchmarks.stock_feed
	-$(BIN)/python -m benchmarks.scale
	-$(BIN)/python -m benchmarks.hosts
	$(BIN)/python -m benchmarks.readme_table
	$(BIN)/python -m tests.docs.scaling
	$(BIN)/python -m benchmarks.bench_table --since .benchmarks/begun

soak: setup  ## races, kill -9 and examples at full length: nothing oversold, nothing lost
	$(BIN)/python -m benchmarks.race_checkout
	$(BIN)/python -m benchmarks.race_stock
	$(BIN)/python -m benchmarks.race_schedules
	$(BIN)/python -m benchmarks.crash
	ANYSHELF_EXAMPLES=300 $(BIN)/python -m pytest tests/life/test_machine.py -s
	ANYSHELF_EXAMPLES=30 $(BIN)/python -m pytest tests/api/test_contract.py

# One lock for every supported Python and platform, with the hash of every file that may be installed.
lock:  ## renew requirements.lock from pyproject.toml
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/pip install --quiet uv
	$(VENV)/lock/bin/uv pip compile pyproject.toml --extra dev --extra cluster --extra forecast --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-header --quiet --output-file requirements.lock $(LOCK_OPTIONS)

clean:  ## remove what can be made again, the demo's data included
	rm -rf $(VENV) .data .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Anyshelf needs Python 3.11 or newer as $(PYTHON) (Debian: sudo apt-get install python3 python3-venv);"; \
	  echo "another one can be named: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments (Debian: sudo apt-get install python3-venv)."; exit 1; }
	@echo "Installing what requirements.lock lists into $(VENV) (once; about a minute) …"
	@$(PIP) --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --quiet --no-compile --require-hashes --no-deps --only-binary :all: --requirement requirements.lock
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null || true  # on all cores, which pip cannot
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
