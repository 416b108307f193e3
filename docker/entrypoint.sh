#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command in the environment of ROS 2 and X2C; signals reach the command itself.
set -e
# shellcheck disable=SC1091
source /opt/x2c/install/setup.bash
exec "$@"
