# SPDX-License-Identifier: Apache-2.0
"""A process that decodes and tracks one recording, beside the one that does the rest.

Threads of one process would take turns of Python's lock, which both want most of the time. Little
is imported here, so that the process can start before this one is ready.
"""

from __future__ import annotations

from importlib import import_module
from typing import Self

from x2c_core.system.worker_pool import WorkerPool


class TrackingProcess:
    """The process, for one recording; it starts when it is needed. To be closed.

    Attributes:
        pool: Gives work to it.
    """

    def __init__(self) -> None:
        self.pool = WorkerPool(1, None, ())

    def get_ready(self) -> None:
        """Start the process before it is needed, without waiting for it."""
        self.pool.submit(_get_ready)

    def close(self) -> None:
        """End it at once, whatever it does."""
        self.pool.cancel(kill=True)
        self.pool.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()


def _get_ready() -> None:
    """Import what decodes and tracks."""
    for name in (
        "x2c_evaluation.offline.tracking.remote_tracking",
        "x2c_perception.cameras.video.video_file",
        "x2c_perception.tracking.face_mesh_tracker",
        "onnxruntime",
    ):
        import_module(name)
