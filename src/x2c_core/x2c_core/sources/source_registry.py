# SPDX-License-Identifier: Apache-2.0
"""Registry of sources that also chooses one by the text a user gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from x2c_core.errors import X2CError
from x2c_core.sources.source import Source, SourceError
from x2c_core.system.registry import Registry

S = TypeVar("S", bound=Source)


@dataclass(frozen=True)
class SourceRegistry(Registry[S]):
    """Sources by name; see `Registry`."""

    def names_one(self, text: str) -> bool:
        """Return whether a text is "NAME:TEXT", or "NAME" and no path, with a source's name."""
        name, colon, _ = text.partition(":")
        return name in self.names() and (bool(colon) or not Path(text).exists())

    def choose(self, text: str) -> tuple[type[S], str]:
        """Return the class of the source that a text means, and the text without its name.

        Args:
            text: "NAME" or "NAME:TEXT" with the name of a source; else a path or another text
                that a source accepts. Where a file or folder is called NAME, it is the path.

        Raises:
            RegistryError: The source of this name cannot be used.
            SourceError: No source accepts the text.
        """
        name, _, rest = text.partition(":")
        if self.names_one(text):
            return self.load(name), rest
        usable, problems = self.load_all()
        broken = list(problems.values())
        for cls in sorted(usable.values(), key=_order):
            if _accepts(cls, text, broken):
                return cls, text
        unusable = "".join(f"; {reason}" for reason in broken)
        raise SourceError(f"{text!r} is no {self.kind}; {self.expected()}{unusable}")

    def make(self, cls: type[S], text: str, options: Any) -> S:
        """Return a source, not yet opened.

        Args:
            cls: Class of the source.
            text: Text of the user without the source's name.
            options: Instance of the class's `Options`.

        Raises:
            SourceError: The text means nothing to the source, or the source cannot be made.
        """
        what = f"the {self.kind} {cls.__module__}.{cls.__qualname__}"
        try:
            source = cls.from_text(text, options)
        except X2CError:
            raise
        except Exception as error:  # Code of other packages raises anything.
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise SourceError(f"{what} cannot be made from {text!r}: {reason}") from error
        if not isinstance(source, cls):
            raise SourceError(f"{what} gives {source!r}; expected an instance of itself")
        return source

    def expected(self) -> str:
        """Return what can be given, as a clause that begins with "expected"."""
        usable, _ = self.load_all()
        taken = [cls.takes for cls in sorted(usable.values(), key=_order) if cls.takes]
        named = [name for name, cls in usable.items() if not cls.takes]
        more = f"NAME:TEXT with NAME one of {', '.join(named)}" if named else ""
        return f"expected {' or '.join(filter(None, [', '.join(taken), more]))}"


def _order(cls: type[Source]) -> int:
    return -cls.priority


def _accepts(cls: type[Source], text: str, broken: list[str]) -> bool:
    try:
        return bool(cls.accepts(text))
    except Exception as error:  # Code of other packages raises anything.
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        broken.append(f"{cls.__module__}.{cls.__name__}.accepts: {reason}")
        return False
