# Sets up .venv by itself. Needs Python 3.11 or newer and the package registries, nothing else.
PYTHON ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install --quiet --constraint constraints.txt
FOLDERS := engine networks controllers training cabinet benchmarks cli

.PHONY: help demo test test-all check format types clean
.DELETE_ON_ERROR:

help:
	@echo "make demo      set up, then plan and simulate one junction, before and after"
	@echo "make test      the tests, without those that take over a minute each"
	@echo "make test-all  all tests"
	@echo "make check     style, types and import rules"
	@echo "make format    bring the code into the style that make check asks for"
	@echo "make clean     remove what the other targets made"

demo: .venv/.installed
	.venv/bin/python -m greenband.cli.demo

test: .venv/.installed-dev
	.venv/bin/pytest -q -n 2 --dist worksteal -m "not slow"

test-all: .venv/.installed-dev
	.venv/bin/pytest -q -n 2 --dist worksteal

check: .venv/.installed-dev types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/mypy tests
	.venv/bin/lint-imports

format: .venv/.installed-dev
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

# mypy can't follow an editable install; it can follow links that look like the installed package.
types:
	@mkdir -p .typing/greenband
	@for folder in $(FOLDERS); do ln -sfn ../../$$folder .typing/greenband/$$folder; done

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) setuptools
	$(INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed
	$(INSTALL) --no-build-isolation --editable '.[dev,scenarios,cabinet]'
	@touch $@

clean:
	rm -rf .venv .typing build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
	    .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
