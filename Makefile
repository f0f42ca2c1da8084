# Two commands on a fresh machine: `make run` and `make test`. They need python3 (3.11 or later, with venv) and make.
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
PY := .venv/bin/python
export UV_PYTHON_DOWNLOADS := never

.tools/bin/uv:
	python3 -m venv .tools && .tools/bin/pip install -q --disable-pip-version-check "uv==$(UV_VERSION)"

.venv/.run: requirements/base.txt | $(UV)
	test -d .venv || $(UV) venv -q .venv
	test -e .venv/.dev || $(UV) pip sync -q --require-hashes requirements/base.txt -p .venv
	$(UV) pip install -q --no-deps -e . -p .venv && touch $@

.venv/.dev: requirements/dev.txt pyproject.toml | $(UV)
	test -d .venv || $(UV) venv -q .venv
	$(UV) pip sync -q --require-hashes requirements/dev.txt -p .venv
	$(UV) pip install -q --no-deps -e . -p .venv && touch $@ .venv/.run

fmt: .venv/.dev
	.venv/bin/ruff format -q . && .venv/bin/ruff check -q --fix .

lint: .venv/.dev
	.venv/bin/ruff format -q --check . && .venv/bin/ruff check -q . && .venv/bin/lint-imports

types: .venv/.dev
	.venv/bin/mypy

unit: .venv/.dev
	.venv/bin/pytest -q tests/unit tests/conformance

.PHONY: fmt lint types unit
