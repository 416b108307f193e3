#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ruckig 0.19.4 (Python): no trajectory for a way that reaches the highest acceleration for an instant.
#
# Valid input: one joint from rest at 0.5 rad to rest at 0.55 rad with 10 rad/s² and 200 rad/s³. Four
# phases of full jerk, 0.05 s each, are exactly that way. With the same way from 0 rad, or with a jerk
# that is lower by a millionth, there is a trajectory.
# Seen: "0.5 -> 0.55: RuckigError; from 0: 0.2 s; with less jerk: 0.2 s", and of such ways with round
# limits "26% refused of 2000 such ways".
#
# Why it matters to a robot's face: limits and targets in robot descriptions are round numbers. A joint
# that is sent to such a place stays where it is for as long as the target does not change.
# Exits non-zero if the trajectory is found.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ruckig==0.19.4
"$folder/venv/bin/python" - <<'PY'
from ruckig import InputParameter, Ruckig, RuckigError, Trajectory


def duration(start, way, acceleration, jerk):
    query = InputParameter(1)
    query.current_position, query.target_position = [start], [start + way]
    query.max_velocity, query.max_acceleration, query.max_jerk = [1e6], [acceleration], [jerk]
    trajectory = Trajectory(1)
    try:
        Ruckig(1).calculate(query, trajectory)
    except RuckigError:
        return "RuckigError"
    return f"{trajectory.duration:.3g} s"


first = duration(0.5, 0.05, 10.0, 200.0)
others = duration(0.0, 0.05, 10.0, 200.0), duration(0.5, 0.05, 10.0, 200.0 * (1.0 - 1e-6))
print(f"0.5 -> 0.55: {first}; from 0: {others[0]}; with less jerk: {others[1]}")
pairs = [(float(a), 50.0 * j) for a in range(1, 51) for j in range(1, 41)]
refused = sum(duration(0.5, 2.0 * a**3 / j**2, a, j) == "RuckigError" for a, j in pairs)
print(f"{refused / len(pairs):.0%} refused of {len(pairs)} such ways")
raise SystemExit(0 if first == "RuckigError" and "RuckigError" not in others else "found now")
PY
