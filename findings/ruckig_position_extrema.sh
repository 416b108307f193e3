#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ruckig 0.19.4: Trajectory.position_extrema misses a turning point while acceleration is constant.
#
# Valid input: one joint at 0 rad, 1.9 rad/s, already braking as hard as it may (-20 rad/s²), is sent
# to -0.3 rad. It overshoots to v²/2a = 0.09025 rad before it turns. position_extrema says 0.00925.
# Seen: "extrema say max 0.00925, sampled max 0.09025".
#
# Why it matters to a robot's face: an on-line check of the overshoot against the end of a joint's
# range, or against a neighbour (lids, lips), passes although the joint goes ten times further.
# Exits non-zero if the two agree.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ruckig==0.19.4
"$folder/venv/bin/python" - <<'PY'
from ruckig import InputParameter, Ruckig, Trajectory

query = InputParameter(1)
query.current_position, query.current_velocity, query.current_acceleration = [0.0], [1.9], [-20.0]
query.target_position = [-0.3]
query.max_velocity, query.max_acceleration, query.max_jerk = [2.0], [20.0], [1000.0]
trajectory = Trajectory(1)
Ruckig(1).calculate(query, trajectory)
told = trajectory.position_extrema[0].max
steps = 4000
seen = max(trajectory.at_time(trajectory.duration * i / steps)[0][0] for i in range(steps + 1))
print(f"extrema say max {told:.5f}, sampled max {seen:.5f}")
raise SystemExit(0 if told < 0.5 * seen else "position_extrema holds the turning point now")
PY
