# SPDX-License-Identifier: Apache-2.0
# Everything here sets up what it needs by itself; a second time that takes no time.

SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo setup build lint check test bench docs clean distclean

export OUT ?= out/demo
# Extras of the virtual environment besides those that it has: data, train, cluster, viewers, notebook, microphone, test.
export EXTRAS ?=

help: ## show this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## imitate the built-in performer, or VIDEO=path, or CAMERA=0 (also ROBOT= BACKEND= OUT=)
	@./x2c demo --out "$$OUT" $${VIDEO:+--video "$$VIDEO"} $${CAMERA:+--camera "$$CAMERA"} \
	  $${ROBOT:+--robot "$$ROBOT"} $${BACKEND:+--backend "$$BACKEND"}

setup: ## make the virtual environment in .venv (X2C_PYTHON= interpreter, EXTRAS=data train cluster viewers notebook microphone test)
	@scripts/setup.sh

build: setup ## build the packages into install/
	@scripts/build.sh

# Recipes that need tools for it ask for them themselves.
lint check test: export EXTRAS += test

lint: setup ## check style, formatting, types, imports and shell scripts
	@export PATH="$$PWD/.venv/bin:$$PATH"
	ruff check
	ruff format --check
	shellcheck x2c .ci/run docker/entrypoint.sh scripts/*.sh
	PYTHONPATH=$$(printf '%s:' src/*) lint-imports --no-logo --no-cache
	# What NumPy 2 says of its types differs from what NumPy 1 says; both cannot be satisfied.
	if python -c 'import numpy, sys; sys.exit(numpy.__version__[:2] != "1.")'; then
	  mypy
	else
	  echo "mypy did not run: types are checked with NumPy 1.26, which Python 3.11 and 3.12 have here"
	fi

check: build ## check style and types, and run the pure tests, in a minute
	@$(call beside_lint,-n "$$(nproc)" --hypothesis-profile quick -m "not ros and not process and not slow")

test: build ## run every check and test
	@$(call beside_lint,-n auto)

# The checks use one core, and most tests wait, so they run side by side.
define beside_lint
source scripts/env.sh
# Images of containers often set it; each process would compile every source again.
unset PYTHONDONTWRITEBYTECODE
$(MAKE) --no-print-directory lint >build/lint.log 2>&1 &
lint=$$!
trap 'kill $$lint 2>/dev/null || true' EXIT
tests=0
python -m pytest $(1) --dist loadscope --no-loadscope-reorder || tests=$$?
linted=0
wait $$lint || linted=$$?
cat build/lint.log
exit $$((tests || linted))
endef

bench: build ## measure speed and memory (AGAINST= commit or tag to compare with)
	@./x2c bench $${AGAINST:+--against "$$AGAINST"}

docs: ## build the documentation site in build/docs; a broken link fails
	@scripts/docs.sh

clean: ## remove what was built, not the virtual environment nor out/
	@rm -rf build install log .mypy_cache .pytest_cache .ruff_cache

distclean: clean ## also remove the virtual environments
	@rm -rf .venv .venv-docs
