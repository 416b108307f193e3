# SPDX-License-Identifier: Apache-2.0
import os
import select

from bus_emulators import pty_bus
from bus_emulators.dynamixel_bus import DynamixelBus

PING = bytes.fromhex("FFFFFD0001030001194E")
"""Of the servo with id 1."""


def test_a_bus_whose_data_is_flushed_before_it_is_read_can_be_unplugged(
    tmp_path, monkeypatch, wait_until
):
    asked = []

    def always(read, *_):
        asked.append(read)
        return read, [], []

    bus = DynamixelBus(tmp_path / "port", [1])
    bus.plug()
    port = os.open(bus.link, os.O_RDWR | os.O_NOCTTY)
    monkeypatch.setattr(pty_bus.select, "select", always)
    wait_until(lambda: len(asked) > 2, what="a bus that reads though there is nothing")
    bus.unplug()
    os.close(port)


def test_a_bus_whose_answers_nobody_reads_can_be_unplugged(tmp_path, wait_until):
    bus = DynamixelBus(tmp_path / "port", [1])
    with bus:
        port = os.open(bus.link, os.O_RDWR | os.O_NOCTTY)
        os.write(port, PING)
        assert select.select([port], [], [], 60.0)[0], "no answer to a ping"
        for _ in range(4000):
            os.write(port, PING)
        wait_until(lambda: len(bus.received) == 4001 * len(PING), what="all pings")
    os.close(port)
