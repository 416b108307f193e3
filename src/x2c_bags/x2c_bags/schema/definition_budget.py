# SPDX-License-Identifier: Apache-2.0
"""Bound on the definitions of message types that are kept of one bag file."""

from __future__ import annotations

from collections.abc import Callable

from x2c_core.files.input_limits import RECORD_BYTES, LimitError


class DefinitionBudget:
    """Room for the definitions of one file.

    Args:
        refuse: Called with one sentence when the definitions exceed the limit.
    """

    def __init__(self, refuse: Callable[[str], None]) -> None:
        self._refuse = refuse
        self._size = 0
        self._is_full = False

    def takes(self, size: int) -> bool:
        """Return whether a definition is kept; after the first that is not, none is.

        Args:
            size: Size of the definition, less that of one it replaces [byte].
        """
        if not self._is_full:
            self._size += size
            try:
                RECORD_BYTES.check(self._size, "the definitions of its types have")
            except LimitError as error:
                self._is_full = True
                self._refuse(f"{error}; further types are read as installed here")
        return not self._is_full
