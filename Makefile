# Everything a person or a CI job runs. A machine needs python3 (3.11 or newer), make and a package index.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# One process per processor; what is computed once per file of tests stays in one of them. Files come in the order of their
# names, so that the last ones are those of `unit`, which are short: no processor is left alone with a long one.
SPREAD := --numprocesses auto --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run test test-all lint check bench bench-oracle clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv: $(STAMP) ## the virtual environment with everything a developer needs

$(STAMP): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

run: $(STAMP) ## install, then check the whole shipped corpus
	$(BIN)/virtspec corpus

test: $(STAMP) ## the tests that take seconds
	$(BIN)/pytest -m "not slow" $(SPREAD)

test-all: $(STAMP) ## every test, the slow ones too
	$(BIN)/pytest $(SPREAD)

lint: $(STAMP) ## style, formatting, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## what CI runs: lint and test

bench: $(STAMP) ## measure virtspec beside other checkers
	$(BIN)/virtspec bench

bench-oracle: $(STAMP) ## measure the interpreter alone
	$(BIN)/python tests/bench/oracle.py

clean: ## remove the virtual environment, caches and built files
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find checker models properties tests -name __pycache__ -prune -exec rm -rf {} +
