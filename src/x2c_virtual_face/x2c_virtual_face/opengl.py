# SPDX-License-Identifier: Apache-2.0
"""Choice of the OpenGL library for MuJoCo, made before mujoco is imported."""

from __future__ import annotations

import ctypes.util
import os
import sys

_OFF_SCREEN = {"osmesa": "OSMesa", "egl": "EGL"}
"""MuJoCo's names of what draws without a display, and the libraries they need."""


def settle() -> None:
    """Set MUJOCO_GL where the user has not and no display is there, as mujoco reads it once.

    MuJoCo can simulate without any OpenGL library, but only if the environment says so before its
    import.
    """
    if sys.platform != "linux" or "MUJOCO_GL" in os.environ or "DISPLAY" in os.environ:
        return
    found = (name for name, library in _OFF_SCREEN.items() if ctypes.util.find_library(library))
    os.environ["MUJOCO_GL"] = next(found, "disabled")
