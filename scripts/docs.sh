#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the documentation site into build/docs. A warning fails, so a broken link does.
# Sets up .venv-docs first; X2C_PYTHON names the interpreter to use.
set -euo pipefail

X2C_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$X2C_ROOT"
# One build at a time; the lock ends with this process.
exec 9<"$X2C_ROOT/scripts/docs.sh"
flock 9
# What a ROS environment names must not be mixed in.
unset PYTHONPATH PYTHONHOME

stamp=$({ cat requirements-docs.txt && echo "$X2C_ROOT"; } | sha256sum)
if [ "$stamp" != "$(cat .venv-docs/x2c_setup 2>/dev/null)" ]; then
  echo "Installing requirements-docs.txt into .venv-docs (about 170 MB)" >&2
  rm -rf .venv-docs
  "${X2C_PYTHON:-python3}" -m venv .venv-docs 9<&-
  .venv-docs/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
    -r requirements-docs.txt 9<&-
  echo "$stamp" >.venv-docs/x2c_setup
fi
# Material for MkDocs advertises its successor on every build.
NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --strict --clean 9<&-
echo "Built into build/docs; to read it: python3 -m http.server --bind 127.0.0.1 --directory build/docs" >&2
