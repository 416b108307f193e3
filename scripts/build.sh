#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the packages into install/ with colcon; only those whose build could come out differently.
set -euo pipefail

X2C_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$X2C_ROOT"
# One build at a time; the lock ends with this process.
exec 9<"$X2C_ROOT/scripts/build.sh"
flock 9

# Built files hold the checkout's path and fit one Python and one set of ROS 2 wheels.
environment=$({
  echo "$X2C_ROOT"
  grep '^version' .venv/pyvenv.cfg
  grep -hE '^(cmake|colcon|numpy|ros|setuptools)' requirements.txt constraints.txt
} | sha256sum)
if [ "$environment" != "$(cat build/x2c_environment 2>/dev/null)" ]; then
  rm -rf build install
  mkdir build
  echo "$environment" >build/x2c_environment
fi

# What the build of a package depends on. Python modules and data are linked into install/, so their
# contents do not matter, nor do those of launch files and configuration: only which of them exist.
inputs() {
  find "$@" -not -path '*/test/*' -type f \
    \( -path '*/resource/*' -o -path '*_msgs/*' -o -name 'setup.*' -o -name package.xml \) \
    -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
}
installed() { find launch config -type f -not -path '*/__pycache__/*' | LC_ALL=C sort; }

# Nothing at all has changed, most often.
everything=$({
  cat scripts/build.sh
  inputs src vendor
  installed
} | sha256sum)
if [ "$everything" = "$(cat build/x2c_everything 2>/dev/null)" ]; then
  exit 0
fi

fingerprint() {
  local package=$1
  {
    cat scripts/build.sh
    inputs "$package"
    if [ -L "$package/config" ]; then installed; fi
  } | sha256sum
}

# Packages that are no more must not be found.
for built in build/*/; do
  name=$(basename "$built")
  if [ -e "$built/x2c_built" ] && [ ! -e "src/$name/package.xml" ] && [ ! -e "vendor/$name/package.xml" ]; then
    rm -rf "$built" "install/share/$name" "install/lib/$name" install/lib/python3*/site-packages/{"$name","${name//_/-}"}[.-]* \
      install/share/ament_index/resource_index/*/"$name" install/share/colcon-core/packages/"$name"
  fi
done

changed=()
declare -A fingerprints
for package in src/*/ vendor/*/; do
  name=$(basename "$package")
  if [ ! -e "$package/package.xml" ]; then
    continue
  fi
  fingerprints[$name]=$(fingerprint "${package%/}")
  if [ "${fingerprints[$name]}" != "$(cat "build/$name/x2c_built" 2>/dev/null)" ]; then
    changed+=("$name")
  fi
done
if [ ${#changed[@]} = 0 ]; then
  echo "$everything" >build/x2c_everything
  exit 0
fi

# A build that fails must not count as made when its change is taken back.
rm -f build/x2c_everything
# What an earlier build left must not survive what is no longer there.
for name in "${changed[@]}"; do
  rm -rf "build/$name" "install/share/$name" "install/lib/$name" "install/include/$name" \
    install/share/ament_index/resource_index/*/"$name"
done

echo "Building ${changed[*]}" >&2
log=build/colcon.log
# Nothing but the virtual environment's ROS 2 may be found, and make's own settings are not for colcon.
unset MAKEFLAGS MFLAGS MAKELEVEL COLCON_PREFIX_PATH PYTHONPATH
export AMENT_PREFIX_PATH=$X2C_ROOT/.venv CMAKE_PREFIX_PATH=$X2C_ROOT/.venv
export PATH=$X2C_ROOT/.venv/bin:$PATH
if ! .venv/bin/python -m colcon --log-base build/log --log-level error build \
    --base-paths src vendor/*/ --merge-install --symlink-install --packages-select "${changed[@]}" \
    --event-handlers console_cohesion+ \
    --cmake-args -DBUILD_TESTING=OFF "-DPython3_EXECUTABLE=$X2C_ROOT/.venv/bin/python" \
    >"$log" 2>&1 9<&-; then
  tail -n 40 "$log" >&2
  echo "error: the build failed; all of it is in $log" >&2
  exit 1
fi
# A shebang cannot hold a space, and setuptools only quotes it.
sed -i '1s|^#!".*|#!/usr/bin/env python3|' install/lib/*/*_node install/lib/*/x2c
for name in "${changed[@]}"; do
  echo "${fingerprints[$name]}" >"build/$name/x2c_built"
done
echo "$everything" >build/x2c_everything
echo "Built into install/" >&2
