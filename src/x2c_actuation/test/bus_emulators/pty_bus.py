# SPDX-License-Identifier: Apache-2.0
"""A device at the other end of a pseudo-terminal, which can be unplugged."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import threading
import time
import tty
from abc import ABC, abstractmethod
from pathlib import Path

_LONGEST_ANSWER = 30.0
"""Longest time that an answer may take, `delay` included [s]."""


class PtyBus(ABC):
    """Answers what comes in over a pseudo-terminal, in a thread, while it is entered.

    Attributes:
        powered: Whether the devices on the bus have power.
        delay: How long answers take [s].
        garble: Called on every answer, where set; returns what is sent in its place.
        received: All that has come in.

    Args:
        link: A symbolic link to the terminal, which stays the same when it is plugged in anew.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        self.powered = True
        self.delay = 0.0
        self.garble = None
        self.received = bytearray()
        self.lock = threading.RLock()
        self._master = -1
        self._ending = False
        self._thread = None

    def __enter__(self):
        """Plug it in."""
        self.plug()
        return self

    def __exit__(self, *error):
        """Unplug it."""
        self.unplug()

    def plug(self) -> None:
        """Make the terminal and begin to answer."""
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        # What `select` has seen may be flushed before it is read, and nobody may take a reply.
        os.set_blocking(self._master, False)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        os.close(slave)
        self._ending = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Take the terminal away, also from whoever has it open."""
        if self._master < 0:
            return
        self._ending = True
        self._thread.join(_LONGEST_ANSWER)
        if self._thread.is_alive():
            raise TimeoutError(f"{self.link}: the bus still answers after {_LONGEST_ANSWER:g} s")
        os.close(self._master)
        self._master = -1
        self.link.unlink(missing_ok=True)

    @abstractmethod
    def answer(self, buffer: bytearray) -> bytes:
        """Take whole commands from the front of a buffer and return the replies to them."""

    def _run(self) -> None:
        buffer = bytearray()
        while not self._ending:
            # Nobody has the terminal open: EIO, which is no end.
            if not select.select([self._master], [], [], 0.02)[0]:
                continue
            try:
                data = os.read(self._master, 4096)
            except OSError:
                time.sleep(0.005)
                continue
            if not self.powered:
                buffer.clear()
                continue
            with self.lock:
                self.received += data
                buffer += data
                reply = self.answer(buffer)
            if reply and self.garble:
                reply = self.garble(reply)
            if reply:
                time.sleep(self.delay)
                # A line that is not read loses what does not fit, and one that is closed all.
                with contextlib.suppress(OSError):
                    os.write(self._master, reply)
