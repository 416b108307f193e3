# SPDX-License-Identifier: Apache-2.0
"""The OpenGL context of a thread, in which all its images are drawn.

An OpenGL driver compiles its own programs in each new context: in software rendering that takes
half a second of the processor. A context is current in one thread only, so each thread has one.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from typing import Any

_SIDE = 16
"""Of the context's own image, which nothing is drawn to [px]."""

_thread = threading.local()
_contexts: weakref.WeakSet[Any] = weakref.WeakSet()
_lock = threading.Lock()


def thread_context() -> Any:
    """Return the calling thread's context, as mujoco makes it; it is freed as the thread ends.

    Raises:
        Exception: Whatever the OpenGL library raises.
    """
    context = getattr(_thread, "context", None)
    if context is None:
        # Not there at all where MUJOCO_GL is "disabled".
        from mujoco.gl_context import GLContext

        context = GLContext(_SIDE, _SIDE)
        with _lock:
            if not _contexts:
                # Registered after mujoco's own, which takes OpenGL down, and so called before it.
                atexit.unregister(_free_all)
                atexit.register(_free_all)
            _contexts.add(context)
        _thread.context = context
    return context


def _free_all() -> None:
    for context in list(_contexts):
        context.free()
