# SPDX-License-Identifier: Apache-2.0
# Everything here sets up what it needs by itself; a second time that takes no time.

SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo setup build lint test bench clean distclean

export OUT ?= out/demo

help: ## show this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## imitate the built-in performer, or VIDEO=path, or CAMERA=0 (also ROBOT= BACKEND= OUT=)
	@./x2c demo --out "$$OUT" $${VIDEO:+--video "$$VIDEO"} $${CAMERA:+--camera "$$CAMERA"} \
	  $${ROBOT:+--robot "$$ROBOT"} $${BACKEND:+--backend "$$BACKEND"}

setup: ## make the virtual environment in .venv (X2C_PYTHON= names the interpreter)
	@scripts/setup.sh

build: setup ## build the packages into install/
	@scripts/build.sh

lint: setup ## check style, formatting, types and shell scripts
	@export PATH="$$PWD/.venv/bin:$$PATH"
	ruff check
	ruff format --check
	shellcheck x2c .ci/run scripts/*.sh
	mypy

test: build lint ## run every check and test
	@source scripts/env.sh
	python -m pytest

bench: build ## measure speed and memory
	@./x2c bench

clean: ## remove what was built, not the virtual environment nor out/
	@rm -rf build install log .mypy_cache .pytest_cache .ruff_cache

distclean: clean ## also remove the virtual environment
	@rm -rf .venv
