# SPDX-License-Identifier: Apache-2.0
"""From control values to one robot's joint commands, and the state of its joints.

actuation_node and the simulated robot of evaluation run this same object.
"""

from __future__ import annotations

from x2c_actuation.pipeline.actuation_pipeline import ActuationPipeline, JointCommand
from x2c_actuation.pipeline.actuation_settings import ActuationSettings
from x2c_actuation.pipeline.mapping import JointMap
from x2c_actuation.safety.state_machine import ActuationStateMachine
from x2c_core.face.frames import ControlFrame
from x2c_core.robot.robot import Robot


class ActuationStage:
    """Pipeline and state machine of the joints of one robot.

    State and last command outlive robots: joints go on from where they were sent, and a latched
    emergency stop or fault stays latched.

    Attributes:
        state_machine: State machine of the joints.

    Args:
        settings: Settings.
        now: Time of a steady clock [s].
        armed: Whether control values are followed as soon as some come.
    """

    def __init__(self, settings: ActuationSettings, now: float, armed: bool = False) -> None:
        self.state_machine = ActuationStateMachine(settings.timing, armed, now)
        self._settings = settings
        self._pipeline: ActuationPipeline | None = None
        self._map: JointMap | None = None
        self._before: ActuationPipeline | None = None

    @property
    def pipeline(self) -> ActuationPipeline:
        """Pipeline of the robot.

        Raises:
            RuntimeError: No robot is loaded.
        """
        if self._pipeline is None:
            raise RuntimeError("no robot is loaded")
        return self._pipeline

    @property
    def remembers(self) -> bool:
        """True if joints of a robot that was loaded before may have got commands."""
        return self._before is not None

    def load(self, robot: Robot, period: float) -> None:
        """Move the joints of a robot from now on.

        Args:
            robot: Robot to move; joints of the same names begin where they were sent last.
            period: Time between two ticks [s].
        """
        settings = self._settings
        self._map = JointMap(robot, settings.gains, settings.offsets)
        made = ActuationPipeline(robot, self._map, self.state_machine, period, self._before)
        made.feedback.tracking = settings.tracking
        self._pipeline = made

    def unload(self) -> None:
        """Forget the robot, but not the state, nor what its joints were sent."""
        self._before, self._pipeline = self._pipeline or self._before, None
        self._map = None

    def close(self) -> None:
        """Forget everything, at the end.

        Where the process ends with a planner left, ruckig's binding reports a leak in 30 lines.
        """
        self.unload()
        self._before = None

    def configure(self, settings: ActuationSettings) -> None:
        """Take over new settings.

        Args:
            settings: New settings.
        """
        self._settings = settings
        self.state_machine.timing = settings.timing
        if self._map is not None:
            self._map.adjust(settings.gains, settings.offsets)
        if self._pipeline is not None:
            self._pipeline.feedback.tracking = settings.tracking

    def take(self, frame: ControlFrame, stamp: int, now: float) -> None:
        """Take control values.

        Args:
            frame: Control values; finite, but they can be out of range.
            stamp: Time of the camera image they come from [ns].
            now: Time of the steady clock [s].

        Raises:
            ControlError: A value is NaN or infinite.
            TargetError: The robot's mixing makes no number of them.
        """
        self.pipeline.take(frame, stamp, now)

    def tick(self, now: float) -> JointCommand | None:
        """Return the joint command for this moment; None where joints are sent nothing.

        Args:
            now: Time of the steady clock [s].
        """
        return self.pipeline.tick(now)
