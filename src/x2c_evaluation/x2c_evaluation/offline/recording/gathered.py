# SPDX-License-Identifier: Apache-2.0
"""Tracked faces and commands, frame by frame, in as little memory as their curves need."""

from __future__ import annotations

from array import array

import numpy as np

from x2c_core.control_space import controls
from x2c_core.face.descriptors import Descriptor
from x2c_core.face.frames import FaceState
from x2c_evaluation.offline.results.curves import FrameCurves
from x2c_evaluation.pipeline.offline_pipeline import PipelineOutput

_INTEGERS = 5
_SCALARS = 2
_CONTROLS = _SCALARS + len(Descriptor)
"""Index of the first control value among a frame's numbers."""


class Gathered:
    """Takes frames one after another. An hour has 100 000: landmarks are not kept."""

    def __init__(self) -> None:
        self._integers, self._numbers = array("q"), array("d")

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._integers) // _INTEGERS

    def add(self, index: int, stamp: int, output: PipelineOutput) -> None:
        """Take a frame.

        Args:
            index: Its place among the recording's frames.
            stamp: Stamp of the camera image [ns].
            output: Output of the pipeline for it.
        """
        face, frame = output.face, output.frame
        found = face.pose is not None and face.state is FaceState.TRACKING
        scale = face.pose.scale if face.pose is not None and found else np.nan
        self._integers.extend((index, stamp, int(face.state), face.track_id, int(frame.state)))
        self._numbers.extend((face.confidence, scale))
        for row in (output.described, frame.values):
            self._numbers.frombytes(np.asarray(row, dtype=np.float64).tobytes())

    def curves(self) -> FrameCurves:
        """Return all frames as arrays."""
        integers = np.array(self._integers, dtype=np.int64).reshape(-1, _INTEGERS)
        numbers = np.array(self._numbers, dtype=np.float64)
        numbers = numbers.reshape(-1, _CONTROLS + controls.COUNT)
        # Columns of their own, so that sums over them are rounded as ever.
        index, stamps, face_states, persons, control_states = integers.T.copy()
        confidence, eye_distance = numbers[:, :_SCALARS].T.copy()
        return FrameCurves(
            index=index,
            stamps=stamps,
            face_states=face_states,
            persons=persons,
            confidence=confidence,
            eye_distance=eye_distance,
            described=numbers[:, _SCALARS:_CONTROLS].copy(),
            values=numbers[:, _CONTROLS:].copy(),
            control_states=control_states,
        )
