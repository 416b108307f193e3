# SPDX-License-Identifier: Apache-2.0
"""Stop all joints: assert the emergency stop, and confirm that it was heard.

The stop goes to the actuation nodes and motor drivers of every namespace. It stays latched in
them: 'x2c reset', then 'x2c enable', let the joints move again.

The exit status is 0 only if every actuation node there is said that it is stopped. It is 1 if one
did not, or if there is none: then cut the motors' power.
"""

from __future__ import annotations

import argparse

from x2c_cli.commands.imitation.source import seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--namespace", metavar="NS", default="", help="namespace of the robot (default: all)"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=5.0,
        help="longest time to wait for the confirmation [s] (default: %(default)g)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    import sys

    from x2c_cli.bus.connection import Bus, domain
    from x2c_cli.bus.emergency_stop import stop
    from x2c_cli.bus.finding import normal

    with Bus() as bus:
        report = stop(bus, normal(arguments.namespace), arguments.timeout)
    for name, reason in report.stopped.items():
        print(f"stopped: {name} ({reason})")
    for name in report.listeners:
        if name not in report.stopped and name not in report.silent:
            print(f"published to: {name}, which has no state to confirm the stop with")
    if report.seen:
        print("To go on: x2c reset, then x2c enable.")
        return 0
    for name, state in report.silent.items():
        print(f"NOT CONFIRMED: {name} {state}", file=sys.stderr)
    if not report.stopped and not report.silent:
        print(f"NOT CONFIRMED: no actuation node was found ({domain()})", file=sys.stderr)
    print("The stop was published; cut the motors' power.", file=sys.stderr)
    return 1
