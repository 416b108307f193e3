# SPDX-License-Identifier: Apache-2.0
"""Runs an emulated bus until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bus_emulators.dynamixel_bus import DynamixelBus
from bus_emulators.feetech_bus import FeetechBus
from bus_emulators.maestro_board import MaestroBoard


def main():
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="bus_emulators", description=__doc__)
    parser.add_argument("kind", choices=("feetech", "dynamixel", "maestro"))
    parser.add_argument("--ids", default="1-12", help="servos on the bus, as 1-12")
    parser.add_argument("--link", type=Path, required=True, help="path of the port to make")
    options = parser.parse_args()
    first, _, last = options.ids.partition("-")
    ids = range(int(first), int(last or first) + 1)
    kinds = {"feetech": FeetechBus, "dynamixel": DynamixelBus}
    make = kinds.get(options.kind)
    bus = make(options.link, ids) if make else MaestroBoard(options.link, len(ids))
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with bus:
        print(f"{options.kind} bus with ids {options.ids} on {options.link}; Ctrl-C ends it.")
        sys.stdout.flush()
        done.wait()


if __name__ == "__main__":
    main()
