# Everything starts from nothing: each target sets up what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
LANES ?= 4
LOCKS := requirements.txt requirements-build.txt pyproject.toml tools/environment.sh

.PHONY: help demo run test quick lint types coverage bench bench-folding bench-year lock clean browser readers

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 14

$(BIN)/.installed: $(LOCKS)
	@tools/environment.sh requirements.txt
	@touch $@

$(BIN)/.installed-dev: $(LOCKS) requirements-dev.txt
	@tools/environment.sh requirements-dev.txt
	@touch $@ $(BIN)/.installed

demo: $(BIN)/.installed ## The whole job on a bundled newsroom, no network (ARGS=--once ends after one pass)
	@$(BIN)/newsfold demo $(ARGS)

run: $(BIN)/.installed ## The service on config/newsfold.toml
	@$(BIN)/newsfold --config config/newsfold.toml run $(ARGS)

browser: ## Debian's Chromium for the browser tests, where it is missing and may be installed
	@tools/browser.sh

readers: ## Real feed readers for their tests, where they are missing and may be installed
	@tools/readers.sh

test: $(BIN)/.installed-dev browser readers ## Every test, browser tests included
	@$(BIN)/python -m pytest -n $(LANES) --dist loadfile --no-loadscope-reorder $(ARGS)

quick: $(BIN)/.installed-dev ## The fast tests only
	@$(BIN)/python -m pytest -m "not slow and not browser" $(ARGS)

lint: $(BIN)/.installed-dev ## ruff, all rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(BIN)/.installed-dev ## mypy, strict
	@$(BIN)/mypy

coverage: $(BIN)/.installed-dev ## The pure rooms' coverage: 95 % or the run is red
	@tools/coverage.sh

bench: $(BIN)/.installed-dev ## Newsfold beside a named peer, interleaved, as ratios
	@$(BIN)/python bench/polling.py $(ARGS)

bench-folding: $(BIN)/.installed-dev ## How well stories fold, beside plain methods; needs ../shared/folding
	@$(BIN)/python bench/folding.py $(ARGS)

bench-year: $(BIN)/.installed-dev ## A simulated year: every story told exactly once, whatever happens
	@$(BIN)/python bench/year.py $(ARGS)

lock: ## Make the lock files again (needs uv; ARGS=--upgrade for newer versions)
	@tools/lock.sh $(ARGS)

clean: ## Remove what was made here
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
