#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dynamixel-sdk 4.1.0 (Python, protocol 2.0): packets are sent without byte stuffing.
#
# Valid input: a goal position whose bytes hold FF FF FD, as extended positions may (0x01FDFFFF). The
# protocol asks for a second FD after these three, so that no receiver takes them for a header.
# Seen: "FF FF FD in the parameters is followed by 01": the extra FD is missing, and the length and the
# checksum fit the packet without it.
#
# Why it matters to a robot's face: a servo that follows the protocol takes the packet for a broken
# one, so that a goal with these bytes is lost without an error; who writes a driver or an emulator must
# not count on stuffing in what this library sends.
# Exits non-zero if the packet is stuffed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dynamixel-sdk==4.1.0 pyserial==3.5
"$folder/venv/bin/python" - <<'PY'
from dynamixel_sdk import PacketHandler

HEADER = bytes([0xFF, 0xFF, 0xFD])


class Port:
    """Keeps what is written."""

    is_using = False
    sent = b""

    def clearPort(self):
        pass

    def writePort(self, packet):
        self.sent = bytes(packet)
        return len(packet)


port = Port()
PacketHandler(2.0).write4ByteTxOnly(port, 1, 116, 0x01FDFFFF)
at = port.sent.index(HEADER, len(HEADER))
follows = port.sent[at + len(HEADER)]
print(f"sent {port.sent.hex(' ')}")
print(f"FF FF FD in the parameters is followed by {follows:02X}")
raise SystemExit(0 if follows != 0xFD else "packets are stuffed now")
PY
