# SPDX-License-Identifier: Apache-2.0
"""Parameters of the actuation node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from x2c_actuation.pipeline.actuation_settings import ActuationSettings
from x2c_actuation.safety.feedback import Tracking
from x2c_actuation.safety.state_machine import Ending, StateTiming
from x2c_core.control_space.controls import Group
from x2c_node.parameters import Parameters, parameter

_ENDINGS = tuple(str(ending) for ending in Ending)


def _seconds(default: float, description: str, least: float = 0.0) -> Any:
    return parameter(default, description, minimum=least, maximum=3600.0, dynamic=True)


def shared_estop() -> Any:
    """Return the parameter for the emergency stop that robots share."""
    return parameter(
        "/estop",
        "Topic of an emergency stop shared by several robots, besides the node's own estop; "
        "empty: none.",
    )


def _gain(region: str) -> Any:
    return parameter(
        1.0,
        f"Gain of the {region} controls about neutral, on top of the robot's own.",
        minimum=0.0,
        maximum=3.0,
        dynamic=True,
    )


def _offset(region: str) -> Any:
    return parameter(
        0.0,
        f"Offset of the {region} controls, on top of the robot's own [ratio or rad].",
        minimum=-1.0,
        maximum=1.0,
        dynamic=True,
    )


@dataclass(frozen=True)
class ActuationParameters(Parameters):
    """Parameters of the actuation node."""

    robot: str = parameter("virtual", "Name of an installed robot, or path of a robot folder.")
    mixer: bool = parameter(
        False,
        "Follow mixer/control_values, what face_mixer_node makes of control_values and other "
        "sources, in place of control_values.",
    )
    publish_rate: float = parameter(
        100.0, "Rate of the commands: the motor rate [Hz].", minimum=10.0, maximum=500.0
    )
    enabled_at_start: bool = parameter(
        True, "Follow control values from the start, without a call of ~/enable."
    )
    ramp_time: float = _seconds(
        0.6, "Time for easing in control values from the joints' positions [s]."
    )
    hold_after: float = _seconds(
        0.5, "Time without control values after which the joints hold [s].", 0.02
    )
    neutral_after: float = _seconds(
        2.0, "Time without control values after which on_input_loss takes effect [s].", 0.02
    )
    ease_time: float = _seconds(1.0, "Time of the ease to neutral [s].")
    on_input_loss: str = parameter(
        "neutral",
        "Behaviour of the face without control values: ease to neutral, or hold.",
        choices=_ENDINGS,
        dynamic=True,
    )
    on_shutdown: str = parameter(
        "neutral",
        "Behaviour of the face when the node is deactivated or ends: ease to neutral, or hold.",
        choices=_ENDINGS,
        dynamic=True,
    )
    resume: bool = parameter(
        True, "Follow control values again when they return after on_input_loss.", dynamic=True
    )
    shared_estop: str = shared_estop()
    use_joint_states: bool = parameter(
        True,
        "Start from the positions in joint_states, and check that joints reach their commands.",
    )
    tracking_tolerance: float = parameter(
        0.3,
        "Largest accepted distance of a joint from its command, as a share of its range; 0: no "
        "limit.",
        minimum=0.0,
        maximum=1.0,
        dynamic=True,
    )
    tracking_time: float = _seconds(
        2.0, "Time beyond tracking_tolerance after which a joint is a fault [s]."
    )
    state_rate: float = parameter(
        10.0,
        "Rate of messages on ~/state while it has a subscriber [Hz].",
        minimum=0.1,
        maximum=5000.0,
    )
    gain_brow: float = _gain(Group.BROW)
    gain_eyelid: float = _gain(Group.EYELID)
    gain_gaze: float = _gain(Group.GAZE)
    gain_head: float = _gain(Group.HEAD)
    gain_mouth: float = _gain(Group.MOUTH)
    gain_neck: float = _gain(Group.NECK)
    gain_nose: float = _gain(Group.NOSE)
    offset_brow: float = _offset(Group.BROW)
    offset_eyelid: float = _offset(Group.EYELID)
    offset_gaze: float = _offset(Group.GAZE)
    offset_head: float = _offset(Group.HEAD)
    offset_mouth: float = _offset(Group.MOUTH)
    offset_neck: float = _offset(Group.NECK)
    offset_nose: float = _offset(Group.NOSE)

    @property
    def settings(self) -> ActuationSettings:
        """Settings of the actuation stage."""
        return ActuationSettings(
            timing=StateTiming(
                ramp=self.ramp_time,
                hold_after=self.hold_after,
                neutral_after=self.neutral_after,
                ease=self.ease_time,
                on_input_loss=Ending(self.on_input_loss),
                resume=self.resume,
            ),
            tracking=Tracking(tolerance=self.tracking_tolerance, time=self.tracking_time),
            gains={group: getattr(self, f"gain_{group}") for group in Group},
            offsets={group: getattr(self, f"offset_{group}") for group in Group},
        )
