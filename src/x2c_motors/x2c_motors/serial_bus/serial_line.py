# SPDX-License-Identifier: Apache-2.0
"""A serial port whose failures are DriverErrors."""

from __future__ import annotations

import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import serial

from x2c_motors.errors import DriverError, Fault

LONGEST_WRITE = 0.5
"""A device that takes no bytes for so long is gone [s]."""


class SerialLine:
    """An open serial port, for this program alone.

    Args:
        port: Its path.
        baudrate: Bits a second.

    Raises:
        DriverError: It cannot be opened.
    """

    def __init__(self, port: str, baudrate: int) -> None:
        self._port = port
        with failures(port, Fault.ABSENT):
            self._serial = serial.Serial(
                port, baudrate, timeout=0, write_timeout=LONGEST_WRITE, exclusive=True
            )

    def close(self) -> None:
        """Close the port; never raises."""
        try:
            self._serial.close()
        except OSError:
            # It has gone already.
            return

    def write(self, data: bytes) -> None:
        """Send bytes; what had arrived before and was not read is dropped.

        Raises:
            DriverError: The port has gone.
        """
        with failures(self._port, Fault.LOST):
            self._serial.reset_input_buffer()
            self._serial.write(data)

    def now(self) -> float:
        """Return the time of a steady clock [s]."""
        return time.monotonic()

    def read(self, size: int, wait: float) -> bytes:
        """Return as many bytes as are wanted, or fewer where they do not come in time.

        Args:
            size: Number of bytes.
            wait: Longest time to wait for them [s].

        Raises:
            DriverError: The port has gone.
        """
        with failures(self._port, Fault.LOST):
            self._serial.timeout = max(wait, 0.0)
            return bytes(self._serial.read(size))

    def listen(self, wait: float, take: Callable[[bytes], int]) -> None:
        """Hand on the bytes that come, until there are enough of them or the time is over.

        Args:
            wait: Longest time to wait [s].
            take: Takes a piece; returns the number of bytes that are still missing.

        Raises:
            DriverError: The port has gone.
        """
        deadline = self.now() + wait
        missing = take(b"")
        while missing:
            piece = self.read(missing, deadline - self.now())
            if not piece:
                return
            missing = take(piece)


@contextmanager
def failures(port: str, fault: Fault) -> Iterator[None]:
    """Turn the failures of a serial port into DriverErrors of one kind.

    Raises:
        DriverError: The port cannot be used.
    """
    try:
        yield
    # pyserial lets some of the system's own errors through: termios.error is one of them.
    except (serial.SerialException, OSError, ValueError, termios.error) as error:
        raise DriverError(fault, _explain(port, fault, error)) from error


def _explain(port: str, fault: Fault, error: BaseException) -> str:
    number = getattr(error, "errno", None)
    if fault is Fault.LOST:
        return f"{port} has gone: {error}"
    if number == 2:
        return f"there is no {port}; is the adapter plugged in? './x2c motors scan' lists ports"
    if number == 13:
        return f"{port} may not be opened: add yourself to its group (dialout) and log in again"
    if number in (11, 16) or "exclusively lock" in str(error):
        return f"{port} is in use by another program"
    return f"cannot open {port}: {error}"
