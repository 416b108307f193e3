#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes .venv: system packages where they are missing, the pinned requirements, mended ROS 2 wheels.
# A second run is instant. X2C_PYTHON names the interpreter to use (3.11 to 3.14); EXTRAS names what to install besides
# what `make demo` needs: data, train, cluster, viewers, notebook, microphone, test. Extras stay.
set -euo pipefail

X2C_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$X2C_ROOT"
# One setup at a time; the lock ends with this process, and no program started here inherits it.
exec 9<"$X2C_ROOT/scripts/setup.sh"
flock 9

# An environment that does not say which extras it has is of a version that installed all of them.
if [ -e .venv/x2c_setup ] && [ ! -e .venv/x2c_extras ]; then echo test >.venv/x2c_extras; fi
extras=$(for extra in ${EXTRAS:-} $(cat .venv/x2c_extras 2>/dev/null); do echo "$extra"; done | sort -u | xargs)
for extra in $extras; do
  case $extra in
    data | train | cluster | viewers | notebook | microphone | test) ;;
    *)
      echo "error: unknown extra '$extra' in EXTRAS; there are: data, train, cluster, viewers, notebook, microphone, test" >&2
      exit 1
      ;;
  esac
done

stamp=$({
  cat requirements.txt requirements-{data,train,cluster,viewers,notebook,microphone,dev,mediapipe}.txt constraints.txt \
    scripts/{setup.sh,satisfied.py,mend_wheels.py,check_environment.py}
  echo "$X2C_ROOT $extras"
} | sha256sum)
if [ "$stamp" = "$(cat .venv/x2c_setup 2>/dev/null)" ] && [ -x .venv/bin/python ] && [ -z "${X2C_PYTHON:-}" ]; then
  exit 0
fi
# Another ROS 2 on this machine must not be mixed in.
unset PYTHONPATH PYTHONHOME AMENT_PREFIX_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE

say() { echo "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null 9<&-; }
suitable() { [[ $(version_of "$1") =~ ^3\.1[1-4]$ ]]; }
# Whether an interpreter can make virtual environments and be compiled against.
complete() {
  "$1" -c 'import ensurepip, os, sysconfig, venv; os.stat(sysconfig.get_path("include") + "/Python.h")' \
    2>/dev/null 9<&-
}
from_system() { [ "$("$1" -c 'import sys; print(sys.base_prefix)' 9<&-)" = /usr ]; }

# Prints the interpreter to use: one that is complete, else one that system packages can complete.
find_python() {
  local candidate completable=
  for candidate in python3 python3.{12,11,13,14} /usr/bin/python3{,.12,.11,.13,.14} \
    "${HOME:-}"/.pyenv/versions/3.1[1-4].*/bin/python3; do
    if suitable "$candidate"; then
      if complete "$candidate"; then
        echo "$candidate"
        return
      elif from_system "$candidate"; then
        completable=${completable:-$candidate}
      fi
    fi
  done
  echo "$completable"
}

# Whether the system's package lists, where there are any, hold this package.
in_apt() { [ -n "$(apt-cache search --names-only "^${1//./\\.}\$" 2>/dev/null)" ]; }
has_library() { [ -n "$python" ] && "$python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" 2>/dev/null 9<&-; }

# Prints the names of the Debian packages that are missing.
missing_packages() {
  local version=
  if [ -z "$python" ]; then
    # Without package lists the system's own Python is the best guess; else none may be there.
    in_apt python3 || version=3
    if in_apt python3.14; then version=3.14; fi
    if in_apt python3.13; then version=3.13; fi
    if in_apt python3.11; then version=3.11; fi
    if in_apt python3.12; then version=3.12; fi
  elif ! complete "$python"; then
    version=$(version_of "$python")
  fi
  if [ -n "$version" ]; then
    echo "python$version-venv" "python$version-dev"
  fi
  command -v c++ g++ clang++ >/dev/null || echo g++
  command -v make >/dev/null || echo make
  has_library libGL.so.1 || echo libgl1
  has_library libgthread-2.0.so.0 || echo libglib2.0-0
  # MuJoCo renders off screen through either.
  if ! has_library libOSMesa.so.8 && ! has_library libEGL.so.1; then
    if in_apt libegl1 && ! in_apt libosmesa6; then
      echo libegl1 libgl1-mesa-dri
    else
      echo libosmesa6
    fi
  fi
}

# Prints the command that lets apt run as root, or fails where there is none.
root_by() {
  if [ "$(id -u)" = 0 ]; then
    echo env
  elif sudo -n true 2>/dev/null; then
    echo sudo -n
  elif [ -t 0 ] && command -v sudo >/dev/null && id -nG | grep -qwE 'sudo|admin|wheel'; then
    say "System packages are missing; sudo asks for your password to install them."
    echo sudo
  else
    return 1
  fi
}

# Runs a command on one live line; keeps what it says for when it fails.
run_visibly() {
  local log line shown=$SECONDS
  log=$(mktemp)
  "$@" </dev/null 2>&1 9<&- | while IFS= read -r line; do
    echo "$line" >>"$log"
    if [ -t 2 ]; then
      printf '\r  %-76.76s' "$line" >&2
    elif ((SECONDS - shown >= 10)); then
      shown=$SECONDS
      printf '  %.76s\n' "$line" >&2
    fi
  done || {
    say
    tail -n 8 "$log" >&2
    rm "$log"
    return 1
  }
  if [ -t 2 ]; then printf '\r%78s\r' '' >&2; fi
  rm "$log"
}

system_packages() {
  local missing become
  missing=$(missing_packages | xargs)
  if [ -z "$missing" ]; then
    return
  fi
  if command -v apt-get >/dev/null && become=$(root_by); then
    say "Refreshing the package lists"
    # One broken source need not hinder what comes from the others.
    # shellcheck disable=SC2086 # a command and its options
    run_visibly $become apt-get update || true
    # What is there to choose from may have changed with the lists.
    missing=$(missing_packages | xargs)
    if [[ -z $python && $missing != *python* ]]; then without_python; fi
    say "Installing system packages: $missing"
    # shellcheck disable=SC2086 # a command and its options, a list of names
    run_visibly $become env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends $missing || true
    python=${X2C_PYTHON:-$(find_python)}
    missing=$(missing_packages | xargs)
  fi
  if [[ -z $python && $missing != *python* ]]; then without_python; fi
  if [ -n "$missing" ]; then
    fail "system packages are missing; install them and try again: sudo apt-get install $missing"
  fi
}

without_python() {
  fail "no Python 3.11 to 3.14 found; install one and name it: X2C_PYTHON=/path/to/python3.12 make setup"
}

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  fail "the ROS 2 wheels are for Linux on x86-64, and this is $(uname -sm); use ROS 2 from apt here, see README.md"
fi
if [ -n "${X2C_PYTHON:-}" ]; then
  suitable "$X2C_PYTHON" || fail "X2C_PYTHON=$X2C_PYTHON is not a Python 3.11 to 3.14"
  complete "$X2C_PYTHON" || from_system "$X2C_PYTHON" ||
    fail "X2C_PYTHON=$X2C_PYTHON lacks venv, ensurepip or its C headers; name another"
  python=$X2C_PYTHON
elif suitable .venv/bin/python; then
  python=.venv/bin/python
else
  python=$(find_python)
fi
system_packages

# A pip that was killed leaves packages that look installed and are not. A virtual environment also holds
# its own path and its Python's in all its programs, so a moved one is made anew.
if [ -e .venv/x2c_installing ] || ! grep -qsF "$X2C_ROOT/.venv/" .venv/bin/pip ||
  [ "$(version_of .venv/bin/python)" != "$(version_of "$python")" ]; then
  say "Making .venv with Python $(version_of "$python")"
  # The environment that is to go may be the one whose interpreter was found.
  python=$("$python" -c 'import sys; print(sys._base_executable)' 9<&-)
  if [ -e .venv ]; then
    rm -rf .venv.removed
    mv .venv .venv.removed
    rm -rf .venv.removed
  fi
  "$python" -m venv .venv 9<&-
fi
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT

# Installs with uv, which is several times as fast; with pip where uv cannot be had or fails.
install() {
  if [ -x "$tools/bin/uv" ] && run_visibly "$tools/bin/uv" pip install --python .venv/bin/python "$@"; then
    return
  fi
  if [ ! -e "$tools/pip" ]; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$PIP" 9<&- || return
    touch "$tools/pip"
  fi
  .venv/bin/python scripts/pip_install.py .venv/x2c_pip.log --disable-pip-version-check "$@" 9<&-
}

# Gets uv, and tells it of the index that pip is configured to use.
get_uv() {
  local index
  export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --target "$tools" "$UV" 9<&- 2>/dev/null || return 0
  index=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null 9<&- || true)}
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}; fi
}

PIP=pip==26.3 UV=uv==0.13.9
torch() { grep '^torch==' requirements-train.txt; }
install_all() {
  local extra files=(requirements.txt) alone=()
  for extra in $extras; do
    files+=("requirements-${extra/test/dev}.txt")
    if [ "$extra" = test ]; then alone=(requirements-mediapipe.txt); fi
  done
  if .venv/bin/python scripts/satisfied.py "${files[@]}" "${alone[@]}" 9<&-; then return; fi
  say "Installing the requirements of make demo${extras:+ and of: $extras}"
  touch .venv/x2c_installing
  get_uv
  if [[ " $extras " =~ \ (train|test)\  ]]; then
    # Only pip goes on where the page of the CPU wheels cannot be reached.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$PIP" 9<&- &&
      .venv/bin/python scripts/pip_install.py .venv/x2c_torch.log --disable-pip-version-check --no-deps \
        --find-links https://download.pytorch.org/whl/cpu/torch/ "$(torch)" 9<&- || return
  fi
  install "${files[@]/#/-r}" || return
  if [ ${#alone[@]} != 0 ]; then install --no-deps "${alone[@]/#/-r}" || return; fi
}

status=0
install_all || status=$?
rm -f .venv/x2c_installing
if [ $status != 0 ]; then
  fail "the requirements could not be installed; if the package index could not be reached, try again"
fi
echo "$extras" >.venv/x2c_extras
say "Mending and checking what was installed"
.venv/bin/python scripts/mend_wheels.py >&2 9<&-
gl=$(.venv/bin/python scripts/check_environment.py 9<&-)
echo "$gl" >.venv/x2c_mujoco_gl
echo "$stamp" >.venv/x2c_setup
say "Set up: Python $(version_of .venv/bin/python), MUJOCO_GL=$gl"
