# SPDX-License-Identifier: Apache-2.0
"""Common part of all sources: what they take, their options, and how they are made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from x2c_core.errors import X2CError
from x2c_core.system.fields import NoOptions, options_fault


class SourceError(X2CError):
    """A source cannot be found, opened or read."""


class Source(ABC):
    """Base of everything that the pipeline reads from; it can be opened again after `close`.

    Attributes:
        Options: Frozen dataclass of described fields; each is a parameter of the node that reads
            the source.
        takes: Noun phrase for help texts and errors, such as "a video file".
        priority: Sources of higher priority are asked first whether they accept a text.
        name: Name of the device or file, for messages to the user.
    """

    Options: ClassVar[type[Any]] = NoOptions
    takes: ClassVar[str] = ""
    priority: ClassVar[int] = 0
    name: str = ""

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a user's text, such as a path, means this source; quick, opens nothing.

        A source that accepts nothing is chosen by its name.
        """
        return False

    @classmethod
    def from_text(cls, text: str, options: Any) -> Self:
        """Return the source, not yet opened; by default the constructor takes both arguments.

        Args:
            text: Text of the user without the source's name.
            options: Instance of `Options`.

        Raises:
            SourceError: The text means nothing to the source.
        """
        return cls(text, options)  # type: ignore[call-arg]

    @classmethod
    def declaration_fault(cls) -> str:
        """Return what a class declares that is impossible, as one clause; empty if nothing."""
        if fault := options_fault(cls.Options):
            return fault
        for attribute, kind in (("takes", str), ("priority", int)):
            if type(value := getattr(cls, attribute)) is not kind:
                return f"has {attribute} = {value!r}: expected {kind.__name__}"
        return ""

    @abstractmethod
    def open(self) -> None:
        """Make the source ready to be read from its beginning.

        Raises:
            SourceError: It is missing, is of the wrong kind, or is empty.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the source; does nothing if it is closed."""

    def __enter__(self) -> Self:
        """Open the source."""
        self.open()
        return self

    def __exit__(self, *error: object) -> None:
        """Close the source."""
        self.close()
