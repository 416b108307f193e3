# SPDX-License-Identifier: Apache-2.0
"""The state of actuation as a message."""

from __future__ import annotations

import array

import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

from x2c_actuation.pipeline.actuation_pipeline import Chain
from x2c_msgs.msg import ActuationState
from x2c_node.conversion.time_stamps import to_stamp


def state_message(chain: Chain, names: list[str], refused: int, now: float) -> ActuationState:
    """Return the state of a chain, but for the stamp.

    Args:
        chain: Of which to tell.
        names: Of the joints.
        refused: Control values refused so far.
        now: The time by which the chain goes [s].
    """
    machine, totals, sent = chain.machine, chain.totals, chain.motion.state
    errors = chain.feedback.errors
    return ActuationState(
        header=Header(),
        state=machine.state.value,
        since=max(now - machine.since, 0.0),
        reason=chain.reason,
        armed=machine.armed,
        estop_pressed=machine.pressed,
        command_stamp=to_stamp(chain.stamp),
        input_age=_age(machine.input_age(now)),
        feedback_age=_age(chain.feedback.age(now)),
        names=names,
        targets=_numbers(chain.motion.targets),
        positions=_numbers(sent.position),
        velocities=_numbers(sent.velocity),
        accelerations=_numbers(sent.acceleration),
        tracking_errors=_numbers(np.zeros(0) if errors is None else errors),
        commands=totals["commands"],
        inputs=totals["inputs"],
        inputs_refused=refused,
        controls_clamped=totals["control out of range"],
        positions_clamped=totals["position clamped"],
        coupling_limited=totals["coupled limit"],
        plans_refused=chain.motion.refused,
        late_ticks=totals["late ticks"],
    )


def _age(seconds: float | None) -> float:
    return -1.0 if seconds is None else seconds


def _numbers(values: NDArray[np.float64]) -> array.array[float]:
    return array.array("d", values.tobytes())
