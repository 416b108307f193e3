# SPDX-License-Identifier: Apache-2.0
"""Texts with names of files, which can be any bytes."""


def printable(text: str) -> str:
    """Return a text that can be encoded: lone surrogates become escapes.

    Python reads a byte of a file's name that is no UTF-8 as a lone surrogate, which logs, messages
    and files refuse.

    Args:
        text: Text of any characters.
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
