# SPDX-License-Identifier: Apache-2.0
"""ROS node that mixes imitation with other sources of expressions to one face."""

from __future__ import annotations

import dataclasses
import time
from functools import partial
from typing import Any

from std_msgs.msg import Header

from x2c_core.arrays import Array
from x2c_core.errors import X2CError
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.printable import printable
from x2c_core.words import counted
from x2c_imitation.errors import MixerError
from x2c_imitation.face_mixer.face_mixer import IMITATION, FaceMixer, MixerTiming, MixState
from x2c_imitation.face_mixer.held_expression import HeldExpression
from x2c_imitation.face_mixer.mixed_stamps import MixedStamps
from x2c_imitation.face_mixer.source_settings import declared_sources
from x2c_imitation.play_action import Goal, PlayAction, Shown
from x2c_msgs.msg import ControlLayer, ControlValues, MixerState
from x2c_msgs.srv import PlayExpression
from x2c_node import qos
from x2c_node.conversion.headers import to_nanoseconds, to_stamp
from x2c_node.conversion.messages import (
    controls_from_message,
    controls_to_message,
    layer_from_message,
)
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.spinning.spin import run_node

SOURCES = "sources/"
"""Beginning of the topics of sources."""

MIXED = "mixer/control_values"
"""Topic of the mixed face."""

EXPRESS = "express"
"""Name of the source that the service `~/express` is."""

_LAYER = "x2c_msgs/msg/ControlLayer"
_LOOK = 0.5
"""Time between two looks for sources that have been announced [s]."""

_STATE_PERIOD = 0.05
"""Time between two looks at which source is seen where, while several are [s]."""

_TIMING = MixerTiming()


@dataclasses.dataclass(frozen=True)
class FaceMixerParameters(Parameters):
    """Parameters of face_mixer_node."""

    sources_file: str = parameter(
        "", "YAML file that declares the sources; empty for the built-in declaration."
    )
    rate: float = parameter(
        100.0,
        "Rate of control values while another source than imitation has a part in the face [Hz].",
        minimum=1.0,
        maximum=1000.0,
    )
    handover_speed: float = parameter(
        _TIMING.handover_speed,
        "Speed that a control may always have while it is handed over, also between sources that "
        "rest [ranges/s].",
        minimum=0.05,
        maximum=20.0,
        dynamic=True,
    )
    imitation_timeout: float = parameter(
        _TIMING.base_timeout,
        "Silence after which imitation counts as gone while others have a part in the face [s].",
        minimum=0.02,
        maximum=60.0,
        dynamic=True,
    )
    ease_time: float = parameter(
        _TIMING.base_ease,
        "Time in which it then eases to neutral, or comes back [s].",
        minimum=0.05,
        maximum=60.0,
        dynamic=True,
    )

    @property
    def timing(self) -> MixerTiming:
        """Times and speed of the mixer."""
        return MixerTiming(self.handover_speed, self.imitation_timeout, self.ease_time)


class FaceMixerNode(ManagedNode[FaceMixerParameters]):
    """Subscribe `control_values` and `sources/NAME`, publish `mixer/control_values`.

    A message of imitation is answered at once. A timer publishes in between, only while another
    source has a part in the face.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("face_mixer_node", FaceMixerParameters, **node_arguments)

    def configure(self) -> None:
        """Read the declared sources."""
        self._mixer = FaceMixer(self.params.timing)
        for name, settings in declared_sources(self.params.sources_file).items():
            self._mixer.declare(name, settings)
        self._stamps = MixedStamps()
        self._frame: ControlFrame | None = None
        self._frame_id = ""
        self._held: Shown | None = None
        self._goal: Goal | None = None
        self._shown: MixState | None = None
        self._conflicts: set[tuple[str, str]] = set()
        self._declared = frozenset(self._mixer.names)
        self._next_state = 0.0
        self._publisher = self.publisher(ControlValues, MIXED, qos.NEWEST)
        self._states = self.publisher(MixerState, "mixer/state", qos.LATCHED)
        self.service(PlayExpression, "~/express", self._express)
        self.end_with(PlayAction(self, self._play).destroy)

    def activate(self) -> None:
        """Listen to imitation and to all sources."""
        self._heard: set[str] = set()
        self._announced: dict[str, Any] = {}
        self._ticks = self.timer(1.0 / self.params.rate, self._tick)
        if not self._mixer.busy:
            self._ticks.cancel()
        for name in self._mixer.names:
            self._listen(name)
        self._look()
        self.timer(_LOOK, self._look)
        self._tell_state()
        self.subscription(
            ControlValues, "control_values", self._take_imitation, qos.NEWEST_SUBSCRIBER
        )

    def deactivate(self) -> None:
        """End the expression that is shown."""
        self._end_expression("face_mixer_node is deactivated")

    def parameters_changed(self) -> None:
        """Take over times and speed."""
        self._mixer.timing = self.params.timing

    def diagnose(self) -> Diagnosis:
        """Return which source is seen where."""
        state = self._mixer.state()
        values = dict(state.winners)
        values["live sources"] = ", ".join(state.live)
        values["additive sources"] = ", ".join(state.additive)
        values["equal priority"] = "; ".join(
            f"{newer} over {older}" for newer, older in self._mixer.conflicts
        )
        values["time jumps"] = str(self._mixer.jumps)
        imitation = self.statistics.rates.get(IMITATION)
        if state.live:
            return Diagnosis(Level.OK, f"{', '.join(state.live)} over imitation", values)
        if imitation is None or not imitation.rate:
            topic = self.resolve_topic_name("control_values")
            publishers = counted(self.count_publishers(topic), "publisher")
            return Diagnosis(Level.WARN, f"waiting for {topic} ({publishers}) or a source", values)
        return Diagnosis(Level.OK, "imitation alone", values)

    # Sources.

    def _look(self) -> None:
        """Listen to sources that have been announced since, and forget those that have left."""
        prefix = self.resolve_topic_name(SOURCES + "x")[:-1]
        for name in list(self._announced):
            if not self.count_publishers(prefix + name) and self._mixer.forget(name):
                self.destroy_subscription(self._announced.pop(name))
                self.statistics.rates.pop(name, None)
                # Those that were refused get another chance.
                self._heard.intersection_update(self._mixer.names)
        for topic, types in self.get_topic_names_and_types():
            name = topic.removeprefix(prefix)
            known = not topic.startswith(prefix) or _LAYER not in types or name in self._heard
            if not known and self.count_publishers(topic):
                self._listen(name)

    def _listen(self, name: str) -> None:
        # Also one that is refused: it is told once.
        self._heard.add(name)
        try:
            self._mixer.announce(name)
        except X2CError as error:
            self.statistics.counts["sources refused"] += 1
            self.get_logger().warning(printable(f"{SOURCES}{name}: {error}"))
            return
        take = partial(self._take_layer, name)
        made = self.subscription(ControlLayer, SOURCES + name, take, qos.STREAM_SUBSCRIBER)
        if made is not None and name not in self._declared:
            self._announced[name] = made

    def _take_layer(self, name: str, message: ControlLayer) -> None:
        self.statistics.tick(name)
        self._mixer.take(name, layer_from_message(message), time.monotonic())
        self._wake()

    def _express(
        self, request: PlayExpression.Request, response: PlayExpression.Response
    ) -> PlayExpression.Response:
        if not request.name:
            self._end_expression("ended by a call of ~/express")
            response.success, response.message = True, "the expression ends"
            return response
        shown = HeldExpression.named(
            request.name,
            request.intensity,
            request.seconds,
            request.regions,
            time.monotonic(),
        )
        self._play(shown, None)
        response.success = True
        response.message = f"{request.name} for {request.seconds:g} s"
        return response

    def _play(self, shown: Shown, goal: Goal | None) -> None:
        with self._callback_guard.turn:
            if self.state != "active":
                raise MixerError("face_mixer_node is not active")
            # Refused here if there are too many sources: in the mix it would hold up imitation.
            self._mixer.announce(EXPRESS)
            self._end_expression("another expression has begun")
            self._held, self._goal = shown, goal
            self._tick()
            self._wake()

    def _end_expression(self, message: str, *, success: bool = False) -> None:
        held, goal, self._held, self._goal = self._held, self._goal, None, None
        if held is not None:
            held.close()
            self._mixer.release(EXPRESS)
        if goal is not None:
            goal.end(message, success=success)

    # Mixing.

    def _take_imitation(self, message: ControlValues) -> None:
        started = time.perf_counter()
        self.statistics.tick(IMITATION)
        frame, now = controls_from_message(message), time.monotonic()
        self._mixer.take_imitation(frame.values, now)
        face = self._mix(now)
        self.statistics.measured("mixing", time.perf_counter() - started)
        stamp = to_nanoseconds(message.header.stamp)
        mixed = self._stamps.of_imitation(stamp, self._clock_now)
        self._frame, self._frame_id = frame, message.header.frame_id
        if mixed == stamp and (face == frame.values).all():
            self._publisher.publish(message)
        else:
            self._publish(face, mixed)

    def _tick(self) -> None:
        now = time.monotonic()
        face = self._mix(now)
        self._publish(face, self._stamps.in_between(self._clock_now))
        if not self._mixer.busy:
            self._ticks.cancel()

    @property
    def _clock_now(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _mix(self, now: float) -> Array:
        if self._held is not None:
            self._show(self._held, now)
        face = self._mixer.mix(now)
        if now >= self._next_state or not self._mixer.active:
            self._next_state = now + _STATE_PERIOD
            self._tell_state()
        return face

    def _show(self, held: Shown, now: float) -> None:
        try:
            layer = held.layer_at(now)
        except Exception as error:
            # It ends; imitation and all others go on.
            self.statistics.counts["expressions failed"] += 1
            self._end_expression(f"cannot be played on: {error}")
            return
        if self._goal is not None and self._goal.cancelled:
            self._end_expression("cancelled")
        elif layer is None:
            self._end_expression("shown to its end", success=True)
        else:
            self._mixer.take(EXPRESS, layer, now)
            if self._goal is not None:
                self._goal.tell(held, now)

    def _publish(self, face: Array, stamp: int) -> None:
        frame = self._frame or ControlFrame(face, 0.0, ControlState.NEUTRAL, NO_TRACK)
        header = Header(stamp=to_stamp(stamp), frame_id=self._frame_id)
        mixed = dataclasses.replace(frame, values=face)
        self._publisher.publish(controls_to_message(mixed, header))

    def _wake(self) -> None:
        """Let the timer run; the executor may be waiting without it."""
        if self._ticks.is_canceled():
            self._ticks.reset()
            if self.executor is not None:
                self.executor.wake()

    def _tell_state(self) -> None:
        for newer, older in set(self._mixer.conflicts) - self._conflicts:
            self.get_logger().warning(
                f"{newer} and {older} have the same priority and ask for the same controls: "
                "the newer one keeps them until it ends"
            )
        self._conflicts = set(self._mixer.conflicts)
        state = self._mixer.state()
        if state == self._shown:
            return
        self._shown = state
        message = MixerState(
            regions=list(state.winners),
            winners=list(state.winners.values()),
            live=list(state.live),
            additive=list(state.additive),
        )
        message.header.stamp = self.get_clock().now().to_msg()
        self._states.publish(message)


def main() -> None:
    """Run the node."""
    run_node(FaceMixerNode)
