# SPDX-License-Identifier: Apache-2.0
"""JSON from files and texts of unknown origin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from x2c_core.files.input_limits import TEXT_BYTES
from x2c_core.files.regular_files import read_text


def load_json(text: str | bytes) -> Any:
    """Return the content of a text.

    Raises:
        ValueError: The text is no JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def load_json_file(path: Path) -> Any:
    """Return the content of a file.

    Raises:
        OSError: The path leads to no regular file, or the file cannot be read.
        ValueError: The file is too large, is no text or no JSON, or is nested too deeply.
    """
    return load_json(read_text(path, TEXT_BYTES))
