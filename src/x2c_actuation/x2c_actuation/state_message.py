# SPDX-License-Identifier: Apache-2.0
"""The state of actuation as a message."""

from __future__ import annotations

import array

import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

from x2c_actuation.pipeline.actuation_pipeline import ActuationPipeline
from x2c_msgs.msg import ActuationState
from x2c_node.conversion.headers import to_stamp


def state_message(
    pipeline: ActuationPipeline, names: list[str], refused: int, now: float
) -> ActuationState:
    """Return the state of actuation without its stamp.

    Args:
        pipeline: Pipeline to report.
        names: Names of the joints.
        refused: Control values refused so far.
        now: The time of the pipeline's clock [s].
    """
    state_machine, totals, sent = pipeline.state_machine, pipeline.totals, pipeline.motion.state
    errors = pipeline.feedback.errors
    return ActuationState(
        header=Header(),
        state=state_machine.state.value,
        since=max(now - state_machine.since, 0.0),
        reason=pipeline.reason,
        armed=state_machine.armed,
        estop_pressed=state_machine.asserted,
        command_stamp=to_stamp(pipeline.stamp),
        input_age=_age(state_machine.input_age(now)),
        feedback_age=_age(pipeline.feedback.age(now)),
        names=names,
        targets=_numbers(pipeline.motion.targets),
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
        plans_refused=pipeline.motion.refused,
        late_ticks=totals["late ticks"],
    )


def _age(seconds: float | None) -> float:
    return -1.0 if seconds is None else seconds


def _numbers(values: NDArray[np.float64]) -> array.array[float]:
    return array.array("d", values.tobytes())
