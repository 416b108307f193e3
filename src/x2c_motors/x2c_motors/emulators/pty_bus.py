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
from collections.abc import Callable
from pathlib import Path
from typing import Self

_LONGEST_ANSWER = 30.0
"""Longest time that an answer may take, `delay` included [s]."""

_TERMINALS = Path("/dev/pts")


class PtyBus(ABC):
    """A device that answers over a pseudo-terminal, in a thread, while it is entered.

    Attributes:
        powered: Whether the devices on the bus have power.
        delay: Time that each answer takes [s].
        garble: Called with each answer, where set; returns what is sent in its place.
        received: All bytes that have come in.
        lock: Held while the devices' state changes.

    Args:
        link: Path of a symbolic link to the terminal, the same each time it is plugged in.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        self.powered = True
        self.delay = 0.0
        self.garble: Callable[[bytes], bytes] | None = None
        self.received = bytearray()
        self.lock = threading.RLock()
        self._master = -1
        self._terminal = ""
        self._ending = False
        self._thread: threading.Thread | None = None

    @classmethod
    @abstractmethod
    def with_addresses(cls, link: Path, addresses: range) -> Self:
        """Return a device with motors at some addresses, as for `x2c motors emulate`.

        Args:
            link: Path of a symbolic link to the terminal.
            addresses: Addresses of the motors, within the range of their driver.
        """

    def __enter__(self) -> Self:
        """Plug it in."""
        self.plug()
        return self

    def __exit__(self, *error: object) -> None:
        """Unplug it."""
        self.unplug()

    def plug(self) -> None:
        """Make the terminal and begin to answer.

        Raises:
            FileExistsError: The link's path is taken by something else than such a link.
            OSError: There is no terminal to be had, or the link cannot be made.
        """
        self._remove_old_link()
        self._master, slave = pty.openpty()
        try:
            tty.setraw(slave)
            # What `select` has seen may be flushed before it is read, or a reply stay unread.
            os.set_blocking(self._master, False)
            self._terminal = os.ttyname(slave)
            self.link.symlink_to(self._terminal)
        except OSError:
            os.close(self._master)
            self._master = -1
            raise
        finally:
            os.close(slave)
        self._ending = False
        self._thread = threading.Thread(target=self._run, name=f"bus {self.link}", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Take the terminal away, also from programs that have it open.

        Raises:
            TimeoutError: An answer is still under way.
        """
        if self._master < 0:
            return
        self._ending = True
        if self._thread is not None:
            self._thread.join(_LONGEST_ANSWER)
            if self._thread.is_alive():
                raise TimeoutError(f"{self.link}: still answers after {_LONGEST_ANSWER:g} s")
        os.close(self._master)
        self._master = -1
        if self._points_to(self._terminal):
            self.link.unlink()

    @abstractmethod
    def answer(self, buffer: bytearray) -> bytes:
        """Take whole commands from the front of a buffer and return the replies to them."""

    def _points_to(self, terminal: str) -> bool:
        return self.link.is_symlink() and os.readlink(self.link) == terminal

    def _remove_old_link(self) -> None:
        """Remove the link that an emulator left behind, and nothing else."""
        if self.link.is_symlink() and self.link.readlink().parent == _TERMINALS:
            self.link.unlink()
        elif self.link.is_symlink() or self.link.exists():
            raise FileExistsError(f"{self.link} exists already, and is no link to a terminal")

    def _run(self) -> None:
        buffer = bytearray()
        while not self._ending:
            # The terminal is not open: EIO, which is no end.
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
