# SPDX-License-Identifier: Apache-2.0
"""Choice of the OpenGL library for MuJoCo, made before mujoco is imported."""

from __future__ import annotations

import ctypes.util
import os
import sys
import threading
from contextlib import suppress

_OFF_SCREEN = {"osmesa": "OSMesa", "egl": "EGL"}
"""MuJoCo's names of what draws without a display, and the libraries they need."""

_NICENESS = 5


def settle() -> None:
    """Set MUJOCO_GL where the user has not and no display is there, as mujoco reads it once.

    MuJoCo can simulate without any OpenGL library, but only if the environment says so before its
    import.
    """
    if sys.platform != "linux" or "MUJOCO_GL" in os.environ or "DISPLAY" in os.environ:
        return
    found = (name for name, library in _OFF_SCREEN.items() if ctypes.util.find_library(library))
    os.environ["MUJOCO_GL"] = next(found, "disabled")


def start_in_background() -> None:
    """Load the OpenGL library so that threads of its own give way to all others.

    Without a GPU Mesa draws with a thread on each core. They keep the niceness of the thread that
    loads it, and would hold up the nodes of the process otherwise.
    """
    loader = threading.Thread(target=_load_niced, name="opengl loader")
    loader.start()
    loader.join()


def _load_niced() -> None:
    # Drawing reports what is wrong.
    with suppress(Exception):
        os.nice(_NICENESS)
        from mujoco.gl_context import GLContext

        GLContext(1, 1).free()
