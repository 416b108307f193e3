# SPDX-License-Identifier: Apache-2.0
"""Metadata of pairs as tables: one row for each image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_datasets.animation.animation import Animation
from x2c_datasets.collect.shot import Shot
from x2c_datasets.formats import layout

_LANDMARKS = pa.list_(pa.list_(pa.float32(), 3), topology.COUNT)
_PROJECTION = pa.list_(pa.list_(pa.float32(), 4), 3)

PART: dict[str, Any] = {"compression": "zstd", "write_statistics": False}
"""Options for writing a part: small and fast."""

WHOLE: dict[str, Any] = {"compression": "zstd", "compression_level": 6}
"""Options for writing the metadata of a split."""

_LANDMARK_PLACES, _PROJECTION_PLACES = 4, 7
"""Decimals: a tenth of a pixel is 2e-3 interocular distances."""


def rows(animation: Animation, shots: Sequence[Shot]) -> pa.Table:
    """Return the rows of an animation's images; landmarks only where all shots have some."""
    frames = [shot.frame for shot in shots]
    names = [f"{animation.identifier}/{layout.image_name(frame)}" for frame in frames]
    columns: dict[str, pa.Array] = {layout.FILE_NAME: pa.array(names, pa.string())}
    for control in controls.CONTROLS:
        values = animation.values[frames, control.index]
        columns[control.name] = pa.array(values.astype(np.float32))
    count = len(shots)
    columns[layout.ANIMATION] = pa.array([animation.identifier] * count, pa.string())
    columns[layout.ANIMATION_NAME] = pa.array([animation.name] * count, pa.string())
    columns[layout.FRAME] = pa.array(frames, pa.int32())
    columns[layout.TIME] = pa.array(animation.times[frames].astype(np.float32))
    columns[layout.SPLIT] = pa.array([animation.split] * count, pa.string())
    landmarks = [shot.landmarks for shot in shots if shot.landmarks is not None]
    projections = [shot.projection for shot in shots if shot.projection is not None]
    if count and len(landmarks) == len(projections) == count:
        columns[layout.LANDMARKS] = _nested(np.stack(landmarks), _LANDMARKS, _LANDMARK_PLACES)
        columns[layout.PROJECTION] = _nested(
            np.stack(projections), _PROJECTION, _PROJECTION_PLACES
        )
    return pa.table(columns)


def _nested(values: np.ndarray[Any, Any], kind: pa.DataType, places: int) -> pa.Array:
    inner = pa.array(np.round(values, places).astype(np.float32).reshape(-1))
    pairs = pa.FixedSizeListArray.from_arrays(inner, type=kind.value_type)
    return pa.FixedSizeListArray.from_arrays(pairs, type=kind)
