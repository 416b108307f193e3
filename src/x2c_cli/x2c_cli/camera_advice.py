# SPDX-License-Identifier: Apache-2.0
"""Errors about cameras that give no image, in terms of the options of the command."""

from __future__ import annotations

import argparse
from pathlib import Path

from x2c_bringup.errors import NoImageError

_DEVICES = Path("/dev")
_RETRY = "; trying again"


def check_camera(arguments: argparse.Namespace) -> None:
    """Refuse a camera whose device does not exist, before anything starts.

    Args:
        arguments: Arguments of 'x2c imitate' or 'x2c demo'.

    Raises:
        NoImageError: There is no such device; the text names those that there are.
    """
    if arguments.video or (arguments.params and not arguments.camera):
        # The parameter file can name a source.
        return
    name = arguments.camera or "0"
    device = Path(_DEVICES / f"video{name}" if name.isdecimal() else name)
    if device.is_relative_to(_DEVICES) and not device.exists():
        asked = f"camera {name}" if arguments.camera else "camera, and no --video is given"
        raise NoImageError(f"there is no {asked}: {device} does not exist; {_advice(arguments)}")


def in_terms_of_options(error: NoImageError, arguments: argparse.Namespace) -> str:
    """Return an error about a camera that was opened in vain, with what to do."""
    said = str(error).partition(_RETRY)[0]
    advice = _advice(arguments)
    return said if arguments.video or advice in said else f"{said}; {advice}"


def _advice(arguments: argparse.Namespace) -> str:
    there = sorted(str(one) for one in _DEVICES.glob("video*"))
    cameras = f"there is {', '.join(there)}" if there else "this machine has no camera"
    other = " or --image-topic T" if hasattr(arguments, "image_topic") else ""
    return f"{cameras}. Give --camera N, --video FILE{other}"
