# SPDX-License-Identifier: Apache-2.0
"""Default folder of a recording."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

_FOLDER = "recordings"


def recording_folder(wish: str) -> str:
    """Return the folder to record to, or "" for no recording.

    Args:
        wish: A folder; "true" for a new one named by the time, "false" or "" for none.
    """
    if wish.lower() == "true":
        # Of this computer's time zone, as users tell recordings apart.
        now = datetime.now().astimezone()
        return str(Path(_FOLDER, now.strftime("%Y-%m-%d_%H-%M-%S")))
    return "" if wish.lower() == "false" else wish
