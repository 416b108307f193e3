# SPDX-License-Identifier: Apache-2.0
"""Files that a failed download left in place of others: pointers, web pages, error messages."""

from __future__ import annotations

import re
from pathlib import Path

from x2c_core.files.entries import shown
from x2c_core.files.regular_files import open_regular

_BEGIN = 4096
"""Bytes of a file that are looked at."""

_LARGEST_TEXT = 16_384
"""Largest error message [byte]."""

_LFS = b"version https://git-lfs.github.com/spec/"
_ANNEX = re.compile(rb"(\.\./)*(\.git)?/?annex/objects/")
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_XML_ERROR = re.compile(rb"<\?xml[^>]*>\s*<Error>|<Error>", re.IGNORECASE)
_JSON_ERROR = re.compile(rb'\{\s*"(error|errors|message|detail|status|statusCode|code)"\s*:')
_WORDS = re.compile(
    rb"(\d{3}:? )?(entry |repository )?(not found|access denied|forbidden|unauthorized"
    rb"|invalid (username|credentials)|too many requests|bad gateway|service unavailable)",
    re.IGNORECASE,
)


def mistaken_content(path: Path) -> str:
    """Return what a file is instead of what it should be, and what to do; empty if unknown.

    Args:
        path: File that cannot be read as what its user takes it for.
    """
    try:
        with open_regular(path) as file:
            begin = file.read(_BEGIN)
            size = file.seek(0, 2)
    except OSError:
        return ""
    return _judged(begin.lstrip(b"\xef\xbb\xbf \t\r\n"), size)


def _judged(begin: bytes, size: int) -> str:
    if begin.startswith(_LFS):
        stated = re.search(rb"^size (\d{1,15})$", begin, re.MULTILINE)
        whole = f" of {int(stated[1])} bytes" if stated else ""
        return (
            f"it is a Git LFS pointer that stands for a file{whole}: run 'git lfs pull' in its "
            "repository, or download the file itself"
        )
    if _ANNEX.match(begin):
        return "it is a git-annex pointer: run 'git annex get' in its repository"
    if _PAGE.match(begin):
        return (
            "it is a web page, as a server sends it to ask for a login, or to show a file instead "
            "of sending it: download the file itself, with 'raw' or 'resolve' in place of 'blob' "
            "in its address"
        )
    if size > _LARGEST_TEXT:
        return ""
    if _XML_ERROR.match(begin) or _JSON_ERROR.match(begin) or _WORDS.match(begin):
        text = shown(" ".join(begin[:200].decode("utf-8", "replace").split()))
        return f"it is the error message of a server, {text}: check the address and download again"
    return ""
