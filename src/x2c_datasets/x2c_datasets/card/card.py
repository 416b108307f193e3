# SPDX-License-Identifier: Apache-2.0
"""The data card of a collected data set: what it is, how it came about, how it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_datasets.animation import kinds
from x2c_datasets.card import sample_sheet, values_plot
from x2c_datasets.card.card_text import Facts, text
from x2c_datasets.card.sample_sheet import Listed
from x2c_datasets.collection_settings import CollectionSettings
from x2c_datasets.formats import layout

_LISTED = (layout.FILE_NAME, layout.ANIMATION, layout.ANIMATION_NAME)
_PLOTTED = 100_000
"""Most values of a control that are drawn; of more, evenly picked ones."""


def write(folder: Path, settings: CollectionSettings) -> None:
    """Write README.md and its two images for the metadata that are in a folder.

    Raises:
        OSError: They cannot be written.
    """
    tables = {
        split: pq.read_table(file, columns=[*_LISTED, *controls.NAMES])
        for split in layout.SPLITS
        if (file := folder / split / layout.METADATA).is_file()
    }
    values = np.concatenate([_values(table) for table in tables.values()])
    titles = [table[layout.ANIMATION_NAME].to_pylist() for table in tables.values()]
    counts = Counter(title.partition(":")[0] for some in titles for title in some)
    schema = pq.read_schema(folder / next(iter(tables)) / layout.METADATA)
    values_plot.save(values[:: -(-len(values) // _PLOTTED)], folder / layout.VALUES_PLOT)
    _write_sheet(folder, tables)
    facts = Facts(
        settings=settings,
        pairs={split: len(table) for split, table in tables.items()},
        animations={
            split: len(set(table[layout.ANIMATION].to_pylist())) for split, table in tables.items()
        },
        kinds={kind: counts[kind] for kind in kinds.SHARES if counts[kind]},
        landmarks=layout.LANDMARKS in schema.names,
        values=values,
    )
    (folder / layout.CARD).write_text(text(facts), encoding="utf-8")


def _values(table: Any) -> Array:
    columns = [table[name].to_numpy() for name in controls.NAMES]
    return np.asarray(np.stack(columns, axis=1), np.float64)


def _write_sheet(folder: Path, tables: Mapping[str, Any]) -> None:
    listed = []
    for split, table in tables.items():
        texts = (table[name].to_pylist() for name in _LISTED)
        for (file, animation, title), values in zip(
            zip(*texts, strict=True), _values(table), strict=True
        ):
            listed.append(Listed(folder / split / file, animation, title, values))
    _, encoded = cv2.imencode(".png", sample_sheet.sheet(listed))
    (folder / layout.SAMPLES_SHEET).write_bytes(encoded.tobytes())
