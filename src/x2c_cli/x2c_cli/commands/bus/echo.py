# SPDX-License-Identifier: Apache-2.0
"""Print the messages of a topic, as YAML.

Long arrays are folded to their lengths. The exit status is 0 if a message came, and 1 if none did.
"""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING, Any

from x2c_cli.commands.imitation.source import seconds

if TYPE_CHECKING:
    from x2c_cli.bus.connection import Bus

_SILENT = 3.0
"""Time without a message after which a reason is given [s]."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("topic", metavar="TOPIC", help="name of the topic, see 'x2c topics'")
    parser.add_argument("--once", action="store_true", help="end after one message")
    parser.add_argument(
        "--field", metavar="F", default="", help="print one field, as header.stamp"
    )
    parser.add_argument("--full", action="store_true", help="print all values of long arrays")
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=math.inf,
        help="end after this time [s] (default: on Ctrl-C)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.bus.connection import Bus, domain
    from x2c_cli.bus.messages import as_text, message_class, part
    from x2c_cli.errors import BusError
    from x2c_core.words import did_you_mean

    topic = f"/{arguments.topic.lstrip('/')}"
    heard: list[Any] = []
    printed = 0

    def show() -> bool:
        nonlocal printed
        while heard:
            text = as_text(part(heard.pop(0), arguments.field), whole=arguments.full)
            print(text if arguments.field else f"{text}\n---", flush=True)
            printed += 1
            if arguments.once:
                return True
        return False

    with Bus() as bus:
        if not bus.settle(lambda: topic in bus.topics()):
            known = list(bus.topics())
            raise BusError(
                f"there is no topic {topic} ({domain()}){did_you_mean(topic, known)}; "
                "'x2c topics' lists them"
            )
        bus.subscribe(message_class(bus.topics()[topic]), topic, heard.append)
        try:
            if not bus.wait(show, min(arguments.timeout, _SILENT)) and not printed:
                print(f"waiting for {topic}: {_reason(bus, topic)}", file=sys.stderr)
            if not (printed and arguments.once) and arguments.timeout > _SILENT:
                bus.wait(show, arguments.timeout - _SILENT)
        except KeyboardInterrupt:
            pass
    return 0 if printed else 1


def _reason(bus: Bus, topic: str) -> str:
    from x2c_core.words import counted

    count, _ = bus.ends(topic)
    silent = "is silent" if count == 1 else "are silent"
    return f"its {counted(count, 'publisher')} {silent}" if count else "it has no publisher"
