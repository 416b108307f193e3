# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Enters the project's environment: `. scripts/env.sh` in bash or zsh (after `make build`).
# It says directly what the setup files that colcon generates work out in seconds.

if [ -n "${BASH_SOURCE:-}" ]; then
  X2C_ROOT=${BASH_SOURCE[0]}
else
  X2C_ROOT=$0
fi
X2C_ROOT=$(cd "$(dirname "$X2C_ROOT")/.." && pwd)
export X2C_ROOT

_x2c_venv=$X2C_ROOT/.venv
_x2c_install=$X2C_ROOT/install
PYTHONPATH=
for _x2c_package in "$X2C_ROOT"/src/*/setup.py; do
  _x2c_package=${_x2c_package%/setup.py}
  PYTHONPATH=$PYTHONPATH$X2C_ROOT/build/${_x2c_package##*/}:
done
# Nothing of a ROS 2 that is also on this machine may be mixed in, so these are set again.
for _x2c_site in "$_x2c_install"/lib/python3*/site-packages; do
  PYTHONPATH=$PYTHONPATH$_x2c_site
done
export PYTHONPATH
export AMENT_PREFIX_PATH=$_x2c_install:$_x2c_venv
_x2c_libraries=$_x2c_install/lib:$_x2c_venv/lib
for _x2c_site in "$_x2c_venv"/lib/python3*/site-packages/ros_*.libs; do
  _x2c_libraries=$_x2c_libraries:$_x2c_site
done
case ${LD_LIBRARY_PATH:-} in
  "$_x2c_libraries"*) ;;
  *) export LD_LIBRARY_PATH=$_x2c_libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} ;;
esac
case $PATH in
  "$_x2c_venv/bin:"*) ;;
  *) export PATH=$_x2c_venv/bin:$PATH ;;
esac
# The wheels would start every interpreter twice to set LD_LIBRARY_PATH.
export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1

# The user's own settings stay; only a middleware that the wheels lack is replaced.
if [ ! -e "$_x2c_venv/lib/lib${RMW_IMPLEMENTATION:-none}.so" ]; then
  export RMW_IMPLEMENTATION=rmw_fastrtps_cpp
fi
export ROS_AUTOMATIC_DISCOVERY_RANGE=${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}
# As x2c_bringup.shared_files does it: nodes that only this machine may find listen on loopback alone.
_x2c_profile=fastdds.xml
case $ROS_AUTOMATIC_DISCOVERY_RANGE${ROS_STATIC_PEERS:+ peers} in
  NOT_SET | SUBNET | SYSTEM_DEFAULT | *peers) ;;
  *) _x2c_profile=fastdds_localhost.xml ;;
esac
case ${FASTDDS_DEFAULT_PROFILES_FILE:-} in
  "" | "$X2C_ROOT"/config/fastdds*.xml)
    export FASTDDS_DEFAULT_PROFILES_FILE=$X2C_ROOT/config/$_x2c_profile
    ;;
esac
export MUJOCO_GL=${MUJOCO_GL:-$(cat "$_x2c_venv/x2c_mujoco_gl" 2>/dev/null || echo osmesa)}
unset _x2c_profile _x2c_venv _x2c_install _x2c_package _x2c_site _x2c_libraries
