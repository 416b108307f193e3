# SPDX-License-Identifier: Apache-2.0
"""Base of every node: lifecycle, parameters, diagnostics, callbacks that cannot kill it."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable
from copy import copy
from typing import Any, Generic, Literal, TypeVar, overload

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from rclpy.timer import Timer

from x2c_core.errors import X2CError
from x2c_core.system.fields import NoOptions
from x2c_node import parameters, unknown_parameters
from x2c_node.diagnostics import Diagnosis, Level, to_message
from x2c_node.errors import ParameterError
from x2c_node.graph import parameter_requests
from x2c_node.graph.held_names import HeldName
from x2c_node.graph.mismatch import Mismatches
from x2c_node.graph.namesakes import Namesakes
from x2c_node.local_delivery import LocalDelivery, LocalPublisher
from x2c_node.polled_group import PolledGroup
from x2c_node.supervision.callbacks import CallbackGuard
from x2c_node.supervision.scope import Scope
from x2c_node.supervision.statistics import Statistics
from x2c_node.supervision.supervisor import Supervisor

P = TypeVar("P", bound=parameters.Parameters)

_CLOCKLESS = 5
"""Number of diagnoses without a time on /clock after which that is logged."""


class ManagedNode(LifecycleNode, Generic[P]):
    """A lifecycle node whose subclasses only say what to make, what to do and how they are.

    A subclass fills in `configure` (read files, make publishers and services), `activate` (make
    subscriptions and timers) and `diagnose`. What is made with `publisher`, `service`,
    `subscription` and `timer` is destroyed by the opposite transition. An error in a transition
    leaves the node where it was, with the reason in the log; an error in a callback is counted
    and logged, and the node lives on.

    Args:
        name: Default name of the node.
        parameter_class: Dataclass of the node's parameters.
        option_class: Returns the dataclass of options that further parameters set, such as those
            of the chosen driver or source, from the node's own parameters. An option with the
            name of a parameter shares its value. The values are in `options`.
        option_classes: Function that returns the dataclasses of all choices: options of others are
            ignored without a warning, so that one parameter file serves every choice.
        local_delivery: Local delivery of the process, if several nodes hand messages on directly.
        supervisor: Supervisor of the process, where several nodes share it.
        node_arguments: Passed to rclpy's node.

    Attributes:
        mismatches: Publishers that the node cannot hear.
        logs_refusals: Whether an X2CError in a transition goes to the log; false where the caller
            of the transition reports it.
    """

    LONGEST_CALLBACK = 30.0
    """For how long one callback may keep the node's thread; transitions may take longer [s]."""

    def __init__(
        self,
        name: str,
        parameter_class: type[P],
        local_delivery: LocalDelivery | None = None,
        supervisor: Supervisor | None = None,
        option_class: Callable[[P], type[Any]] | None = None,
        option_classes: Callable[[], Iterable[type[Any]]] = tuple,
        **node_arguments: Any,
    ) -> None:
        super().__init__(name, **node_arguments)
        self._local = local_delivery
        self.supervisor = supervisor or Supervisor()
        self.mismatches = Mismatches(self)
        self.pulse = self.supervisor.pulse(self.get_name(), self.LONGEST_CALLBACK)
        self.supervisor.on_fault(self.halt, self._report_fault)
        self._callback_guard = CallbackGuard(self)
        self._parameter_class = parameter_class
        self._refused = parameters.declare(self, parameter_class)
        self.params: P = parameters.read(self, parameter_class)
        self._option_class = option_class
        self.options: Any = self._declare_options()
        own = (parameter_class, type(self.options))
        unknown = parameters.unknown(self, *own)
        if unknown and (unknown := parameters.unknown(self, *own, *option_classes())):
            known = {**parameters.specs(parameter_class), **parameters.specs(type(self.options))}
            name = self.get_fully_qualified_name()
            if said := unknown_parameters.warning(unknown, known, name, node_arguments):
                self.get_logger().warning(said)
        self.statistics = Statistics()
        self.fault = ""
        self.logs_refusals = True
        self.hurried = False
        self._clockless = 0
        self._namesakes = Namesakes(self)
        self._name = HeldName(self.context.get_domain_id(), self.get_fully_qualified_name())
        self._name.hold()
        self._configured, self._activated = Scope(), Scope()
        self._scope = self._configured
        self._steady_clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # It has no turn: a node whose callback hangs still publishes what it is.
        publish = self._guarded(self._publish_diagnosis, "diagnostics", alone=False)
        self.create_timer(self.params.diagnostics_period, publish, clock=self._steady_clock)
        self._guard_own_services()
        self.add_on_set_parameters_callback(self._check_parameters)
        self.add_post_set_parameters_callback(self._take_parameters)

    # What subclasses fill in.

    def configure(self) -> None:
        """Read what the node needs and make publishers and services.

        What `cleanup` has to let go of is taken last: it is not called after an error in here.

        Raises:
            X2CError: The node cannot work with its parameters; the text goes to the log.
        """

    def activate(self) -> None:
        """Make subscriptions and timers.

        What `deactivate` has to stop is started last: it is not called after an error in here.

        Raises:
            X2CError: The node cannot start; the text goes to the log.
        """

    def deactivate(self) -> None:
        """Stop what `activate` started, before its subscriptions and timers are destroyed."""

    def cleanup(self) -> None:
        """Let go of what `configure` took, before its publishers and services are destroyed."""

    def halt(self, reason: str) -> None:
        """Stop what moves: a thread of the process has died or hangs.

        Called from any thread; what a hanging thread may hold must not be waited for.

        Args:
            reason: Description of the failure.
        """

    def diagnose(self) -> Diagnosis:
        """Return the state of the active node; statistics are added to its values."""
        return Diagnosis(Level.OK, "active")

    def parameters_changed(self) -> None:
        """React to new values in `self.params`; called while configured."""

    # What subclasses use.

    @property
    def waits_for_clock(self) -> bool:
        """True while time is taken from /clock and none has come."""
        simulated = bool(self.get_parameter("use_sim_time").value)
        return simulated and not self.get_clock().now().nanoseconds

    @property
    def state(self) -> str:
        """Label of the lifecycle state: unconfigured, inactive, active or finalized.

        A node that has been destroyed is finalized.
        """
        machine = getattr(self, "_state_machine", None)
        return str(machine.current_state[1]) if machine else "finalized"

    def publisher(
        self, message_type: type, topic: str, qos: QoSProfile
    ) -> Publisher[Any] | LocalPublisher:
        """Make a publisher that lives until cleanup; its QoS can be overridden by parameters."""
        # Overrides are written into the profile, which other publishers share.
        qos = copy(qos)
        made: Publisher[Any] = self.create_publisher(
            message_type,
            topic,
            qos,
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )
        self._scope.append(lambda: self.destroy_publisher(made))
        if self._local is None:
            return made
        local = self._local
        ours = local.publisher(made, message_type, qos)
        self._scope.append(lambda: local.retract(ours, message_type))
        return ours

    @overload
    def subscription(
        self,
        message_type: type,
        topic: str,
        callback: Callable[..., None],
        qos: QoSProfile,
        *,
        raw: Literal[True],
        overridable: bool = True,
        alone: bool = True,
    ) -> Subscription[Any]: ...

    @overload
    def subscription(
        self,
        message_type: type,
        topic: str,
        callback: Callable[..., None],
        qos: QoSProfile,
        *,
        overridable: bool = True,
        alone: bool = True,
        polled: bool = False,
    ) -> Subscription[Any] | None: ...

    def subscription(
        self,
        message_type: type,
        topic: str,
        callback: Callable[..., None],
        qos: QoSProfile,
        *,
        raw: bool = False,
        overridable: bool = True,
        alone: bool = True,
        polled: bool = False,
    ) -> Subscription[Any] | None:
        """Make a subscription.

        Where a node of the same process publishes the topic and hands messages on directly, there
        is no subscription in the middleware, and the callback runs in the publisher's thread.

        Args:
            message_type: Type of the messages.
            topic: Name of the topic.
            callback: Takes the message, and rclpy's message info where it has a second parameter;
                the info is empty for a message handed on inside the process.
            qos: Quality of service.
            raw: Whether the callback takes serialized messages (bytes).
            overridable: Whether its QoS can be overridden by parameters.
            alone: Whether no other callback of the node may run meanwhile.
            polled: Whether no thread is woken for its messages: the node takes those that wait
                with `poll`, in a rhythm of its own.
        """
        # What does not wait for its turn is heard until the transition is through.
        over = self._scope.end(early=alone)
        guarded = self._guarded(callback, topic, alone=alone, over=over)
        if self._local is not None and not raw:
            name = self.resolve_topic_name(topic)
            end = self._local.subscribe(name, message_type, _of_message_alone(guarded))
            if end is not None:
                self._scope.append(end)
                return None
        overriding = QoSOverridingOptions.with_default_policies() if overridable else None
        made: Subscription[Any] = self.create_subscription(
            message_type,
            topic,
            guarded,
            copy(qos),
            raw=raw,
            callback_group=PolledGroup() if polled else None,
            qos_overriding_options=overriding,
            event_callbacks=self.mismatches.callbacks(
                self.resolve_topic_name(topic), lambda: made.qos_profile
            ),
        )
        self._scope.append(lambda: self.destroy_subscription(made))
        return made

    def timer(self, period: float, callback: Callable[[], None]) -> Timer:
        """Call something every so often [s] by a steady clock."""
        guarded: Any = self._guarded(callback, "timer", over=self._scope.end(early=True))
        # rclpy asks for it before each call, and to find it out takes longer than most calls.
        guarded.__signature__ = inspect.Signature()
        made = self.create_timer(period, guarded, clock=self._steady_clock)
        self._scope.append(lambda: self.destroy_timer(made))
        return made

    def service(self, service_type: type, name: str, callback: Callable[..., Any]) -> None:
        """Make a service; the callback takes and returns as rclpy's does.

        An error in it is reported in the response's `message`, if it has one.
        """
        answer = self._callback_guard.answering(callback, name, alone=True)
        made = self.create_service(service_type, name, answer)
        self._scope.append(lambda: self.destroy_service(made))

    def end_with(self, end: Callable[[], object]) -> None:
        """Have something ended with what the transition makes, before its publishers are gone.

        Args:
            end: Ends it, such as a thread; it may be called when it has ended already.
        """
        self._scope.append(end)

    def spin_failed(self, what: str, error: Exception) -> None:
        """Count and log what has failed in the spin outside of the node's own callbacks.

        Args:
            what: Topic or service concerned, or a word for it.
            error: Exception raised.
        """
        self.statistics.counts[f"{what} failed"] += 1
        self._log_failure(what, error)

    def start(self) -> bool:
        """Configure and activate, where the parameter `autostart` asks for it.

        Returns:
            Whether the node is now in the state it should be in.
        """
        if not self.params.autostart:
            return True
        success = TransitionCallbackReturn.SUCCESS
        return self.trigger_configure() == success and self.trigger_activate() == success

    def diagnosis(self) -> Diagnosis:
        """Return the state of the node, whatever it is, with its statistics."""
        if self.supervisor.fault:
            diagnosis = Diagnosis(Level.ERROR, self.supervisor.fault)
        elif self.state == "active":
            try:
                diagnosis = self.diagnose()
            except Exception as error:
                self._log_failure("diagnostics", error)
                diagnosis = Diagnosis(Level.ERROR, f"cannot report its state: {error}")
        elif self.fault:
            diagnosis = Diagnosis(Level.ERROR, self.fault)
        else:
            diagnosis = Diagnosis(Level.STALE, self.state)
        values = {"state": self.state, **self.statistics.values(), **diagnosis.values}
        level, message = diagnosis.level, diagnosis.message
        for topic, sentence in self.mismatches.sentences().items():
            values[f"{topic} not received"] = sentence
            if level in (Level.OK, Level.WARN):
                level, message = Level.WARN, f"{message}; {sentence}"
        if self.waits_for_clock and level in (Level.OK, Level.WARN):
            level, message = Level.WARN, f"waiting for /clock; {message}"
        # Who had the name before may have ended.
        self._name.hold()
        if self._namesakes.there:
            name = self.get_fully_qualified_name()
            reason = f"another node {name} runs too, and does the same: end one of them"
            level, message = Level.ERROR, f"{reason}; {message}"
        return Diagnosis(level, message, values)

    def hold_name(self) -> bool:
        """Hold the node's name on this machine, if no other node does; returns whether it does."""
        return self._name.hold()

    def stop(self) -> None:
        """Deactivate and clean up, whatever the state; for the end of the process."""
        if self.state == "active":
            self.trigger_deactivate()
        if self.state == "inactive":
            self.trigger_cleanup()

    def destroy_node(self) -> None:
        """Destroy the node, whatever its state, with what its transitions have made."""
        self._activated.destroy()
        self._configured.destroy()
        super().destroy_node()
        self._name.release()
        # rclpy leaves it, and it keeps the node's name in the graph while anything refers to us.
        # To ask it for its state after its end would be the end of the process.
        self.__dict__.pop("_state_machine", None)

    def hurry(self) -> None:
        """Let `stop` come to its end at once, but for joints that brake.

        Called from any thread and from signal handlers, also while `stop` runs.
        """
        self.hurried = True

    # Lifecycle.

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run `configure`."""
        self._scope = self._configured
        return self._transition("configure", self._do_configure, self._configured)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run `activate`."""
        self._scope = self._activated
        return self._transition("activate", self.activate, self._activated)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run `deactivate`."""
        self._scope = self._configured
        return self._leave("deactivate", self.deactivate, self._activated)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Run `cleanup`."""
        return self._leave("clean up", self.cleanup, self._configured)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave whatever was entered."""
        if state.label == "active":
            self._leave("deactivate", self.deactivate, self._activated)
        if state.label in ("active", "inactive"):
            self._leave("clean up", self.cleanup, self._configured)
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave whatever was entered, so that the node can be configured again."""
        left = self.on_shutdown(state)
        # The transition that failed may have made things of its own.
        self._activated.destroy()
        self._configured.destroy()
        return left

    def _do_configure(self) -> None:
        # What was not there when the node was made, such as a file, may be now.
        self.options = self._declare_options()
        if self._refused:
            raise ParameterError("; ".join(self._refused.values()))
        self.statistics = Statistics()
        self.configure()

    def _transition(
        self, verb: str, run: Callable[[], None], scope: Scope
    ) -> TransitionCallbackReturn:
        with self.pulse.rest(), self._callback_guard.turn:
            try:
                run()
            except Exception as error:
                self.fault = f"cannot {verb}: {error}"
                if self.logs_refusals or not isinstance(error, X2CError):
                    self._log_failure(f"cannot {verb}", error)
                scope.destroy()
                return TransitionCallbackReturn.FAILURE
        self.fault = ""
        return TransitionCallbackReturn.SUCCESS

    def _leave(self, verb: str, run: Callable[[], None], scope: Scope) -> TransitionCallbackReturn:
        scope.announce()
        with self.pulse.rest(), self._callback_guard.turn:
            try:
                run()
            except Exception as error:
                self.fault = f"cannot {verb} cleanly: {error}"
                self._log_failure(f"cannot {verb} cleanly", error)
            scope.destroy()
        return TransitionCallbackReturn.SUCCESS

    # Callbacks.

    def _guarded(
        self,
        callback: Callable[..., None],
        source: str,
        *,
        alone: bool = True,
        over: threading.Event | None = None,
    ) -> Callable[..., None]:
        """Return a callback whose errors are counted and logged; see `CallbackGuard.guarded`."""
        return self._callback_guard.guarded(callback, source, alone=alone, over=over)

    def _log_failure(self, what: str, error: Exception) -> None:
        self._callback_guard.log_failure(what, error)

    def _guard_own_services(self) -> None:
        """Guard the services that rclpy makes: of parameters and of the lifecycle."""
        for service in self.services:
            callback = service.callback
            if service.srv_type is SetParameters:
                callback = parameter_requests.one_by_one(callback)
            elif service.srv_type is SetParametersAtomically:
                callback = parameter_requests.checked(callback)
            service.callback = self._callback_guard.answering(callback, service.srv_name)

    # Parameters.

    def _declare_options(self) -> Any:
        self._refused.pop("options", None)
        if self._option_class is None:
            return NoOptions()
        try:
            chosen = self._option_class(self.params)
            self._refused.update(parameters.declare(self, chosen))
            return parameters.read(self, chosen)
        except X2CError as error:
            # The node refuses to configure with it.
            self._refused["options"] = str(error)
            return NoOptions()

    def _check_parameters(self, changed: list[Parameter[Any]]) -> SetParametersResult:
        try:
            for one in changed:
                for known in (self._parameter_class, type(self.options)):
                    if one.name in parameters.specs(known):
                        parameters.check(known, one.name, one.value)
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _take_parameters(self, changed: list[Parameter[Any]]) -> None:
        for one in changed:
            self._refused.pop(one.name, None)
        self.params = parameters.read(self, self._parameter_class)
        self.options = parameters.read(self, type(self.options))
        if self.state in ("inactive", "active"):
            self._guarded(self.parameters_changed, "parameters")()

    # Diagnostics.

    def _publish_diagnosis(self) -> None:
        self._report(self.diagnosis())
        self._clockless = self._clockless + 1 if self.waits_for_clock else 0
        if self._clockless == _CLOCKLESS:
            self.get_logger().warning(
                "waiting for /clock: use_sim_time is true, and no node has published a time"
            )

    def _report(self, diagnosis: Diagnosis) -> None:
        now = self.get_clock().now().to_msg()
        self._diagnostics.publish(to_message(self.get_fully_qualified_name(), diagnosis, now))

    def _report_fault(self, reason: str) -> None:
        """Report a fault at once: the node's own thread may be the one that has failed."""
        self._report(Diagnosis(Level.ERROR, reason, {"state": self.state}))
        self.get_logger().fatal(f"{reason}; the process ends")


def _of_message_alone(callback: Callable[..., None]) -> Callable[[Any], None]:
    """Return a callback for messages that come without rclpy's message info."""
    try:
        inspect.signature(callback).bind(None)
    except TypeError:
        return lambda message: callback(message, {})
    return callback
