# SPDX-License-Identifier: Apache-2.0
"""Whether the file of a picture is there."""

from __future__ import annotations

from pathlib import Path


def trouble(image: Path) -> str:
    """Return why a picture cannot be used, or nothing where it can."""
    try:
        size = image.stat().st_size
    except OSError as error:
        return f"the picture {image} is missing ({error.strerror or error})"
    except ValueError as error:
        return f"the picture {str(image)!r} cannot be ({error})"
    return "" if size else f"the picture {image} is empty"
