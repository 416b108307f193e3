# SPDX-License-Identifier: Apache-2.0
"""Tracked faces and commands frame by frame, as arrays and as a Parquet table."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array, Mask
from x2c_core.control_space import controls
from x2c_core.errors import TableError
from x2c_core.face.descriptors import Descriptor
from x2c_core.face.frames import ControlState, FaceState
from x2c_evaluation.errors import EvaluationError

if TYPE_CHECKING:
    import pyarrow as pa

Integers = NDArray[np.int64]

_LONGEST_STEP = 5.0
"""A longer pause between two stamps is a jump [s], as the nodes take it."""


@dataclass(frozen=True)
class FrameCurves:
    """All frames that could be worked on; n of them.

    Attributes:
        index: (n,) place among the recording's frames.
        stamps: (n,) of the camera images [ns].
        face_states: (n,) as in FaceLandmarks.
        persons: (n,) identity of the person.
        confidence: (n,) of the tracker, 0 to 1.
        eye_distance: (n,) between the eyes [pixel]; NaN where no face is found.
        described: (n, 17) descriptors before smoothing; NaN where no face is found.
        values: (n, 30) control values [ratio or rad].
        control_states: (n,) as in ControlValues.
        references: (n, 30) other control values for the same frames, by name; NaN where none.
    """

    index: Integers
    stamps: Integers
    face_states: Integers
    persons: Integers
    confidence: Array
    eye_distance: Array
    described: Array
    values: Array
    control_states: Integers
    references: Mapping[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.stamps)

    @property
    def period(self) -> float:
        """Usual time between frames [s]; 0 if unknown."""
        steps = np.diff(self.stamps)
        steps = steps[(steps > 0) & (steps < _LONGEST_STEP * 1e9)]
        return float(np.median(steps)) * 1e-9 if len(steps) else 0.0

    @property
    def times(self) -> Array:
        """Time since the first frame (n,) [s]; it goes on evenly where stamps jump."""
        if not len(self.stamps):
            return np.empty(0)
        steps = np.diff(self.stamps) * 1e-9
        jumps = (steps < 0.0) | (steps > _LONGEST_STEP)
        return np.concatenate([[0.0], np.cumsum(np.where(jumps, self.period, steps))])

    @property
    def followed(self) -> Mask:
        """In which frames (n,) the robot follows the person."""
        return np.asarray(self.control_states == ControlState.TRACKING)

    @property
    def found(self) -> Mask:
        """In which frames (n,) a face was found."""
        return np.asarray(self.face_states == FaceState.TRACKING)

    def to_parquet(self, recording: str) -> bytes:
        """Return the frames as a Parquet file, the same bytes for the same curves."""
        # Here and below: nothing that tracks or imitates has a use for it.
        import pyarrow as pa
        import pyarrow.parquet as pq

        from x2c_datasets.formats.parquet_columns import column, repeated

        single = np.float32
        columns: dict[str, pa.Array] = {
            "recording": repeated(recording, len(self)),
            "frame": column(self.index),
            "stamp": column(self.stamps),
            "time": column(self.times),
            "face_state": column(self.face_states.astype(np.int8)),
            "control_state": column(self.control_states.astype(np.int8)),
            "person": column(self.persons.astype(np.int32)),
            "confidence": column(self.confidence.astype(single)),
            "eye_distance": column(self.eye_distance.astype(single)),
        }
        for name, values in zip(controls.NAMES, self.values.T, strict=True):
            columns[name] = column(values.astype(single))
        for reference, others in self.references.items():
            for name, values in zip(controls.NAMES, others.T, strict=True):
                columns[f"{reference}/{name}"] = column(values.astype(single))
        for descriptor, values in zip(Descriptor, self.described.T, strict=True):
            columns[descriptor.value] = column(values.astype(single))
        target = io.BytesIO()
        pq.write_table(pa.table(columns), target, compression="zstd")
        return target.getvalue()


def read_curves(path: Path) -> FrameCurves:
    """Return the curves in a Parquet file that `to_parquet` made.

    Raises:
        EvaluationError: It cannot be read, or is none of these.
    """
    from x2c_datasets.formats.parquet_columns import integers, numbers, read_columns

    try:
        table = read_columns(path)
        references = sorted({name.partition("/")[0] for name in table.column_names if "/" in name})
        return FrameCurves(
            index=integers(table, "frame"),
            stamps=integers(table, "stamp"),
            face_states=integers(table, "face_state"),
            persons=integers(table, "person"),
            confidence=numbers(table, "confidence"),
            eye_distance=numbers(table, "eye_distance"),
            described=_stack(table, [one.value for one in Descriptor]),
            values=_stack(table, controls.NAMES),
            control_states=integers(table, "control_state"),
            references={
                one: _stack(table, [f"{one}/{name}" for name in controls.NAMES])
                for one in references
            },
        )
    except TableError as error:
        raise EvaluationError(
            f"{path} is no table of frames that 'x2c evaluate' wrote: {error}"
        ) from error


def _stack(table: pa.Table, names: Sequence[str]) -> Array:
    from x2c_datasets.formats.parquet_columns import numbers

    return np.stack([numbers(table, name) for name in names], axis=1)
