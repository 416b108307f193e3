# SPDX-License-Identifier: Apache-2.0
"""Errors on standard error, which may be full, closed or gone."""

from __future__ import annotations

import traceback
from contextlib import suppress


def print_error(error: BaseException) -> None:
    """Print an error with its traceback, where standard error can be written to."""
    with suppress(Exception):
        traceback.print_exception(error)


def in_words(error: BaseException) -> str:
    """Return an error's type and text in one line."""
    try:
        text = str(error)
    except Exception as unsayable:
        text = f"its text cannot be had ({type(unsayable).__name__})"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
