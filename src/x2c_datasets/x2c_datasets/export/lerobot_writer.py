# SPDX-License-Identifier: Apache-2.0
"""Write a LeRobotDataset, version 3.0: Parquet files and videos of many episodes each.

The layout is that of huggingface/lerobot, docs/source/lerobot-dataset-v3.mdx.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.images.video_writer import VideoWriter
from x2c_core.printable import printable
from x2c_datasets.export.lerobot_features import CAMERA, INDICES, Features
from x2c_datasets.export.lerobot_files import CHUNK, PATH, NumberedFiles
from x2c_datasets.export.lerobot_statistics import Sampler, as_lists, joined

VERSION = "v3.0"

_DATA_MB, _VIDEO_MB = 100, 200


class LeRobotWriter:
    """Write episodes into a folder.

    Args:
        folder: Folder to create.
        features: Features of each frame.
        robot: Its name.
        task: Description of the task in every episode.
    """

    def __init__(self, folder: Path, features: Features, robot: str, task: str) -> None:
        self._folder, self._features = folder, features
        self._robot, self._task = robot, task
        self._frames = 0
        self._episodes: list[dict[str, Any]] = []
        self._statistics: list[dict[str, dict[str, Array]]] = []
        self._data = NumberedFiles(folder / "data", "parquet", _DATA_MB)
        self._videos = NumberedFiles(folder / "videos" / CAMERA, "mp4", _VIDEO_MB)
        self._table: pq.ParquetWriter | None = None
        self._encoder: VideoWriter | None = None
        self._in_video = 0
        self._begin()

    @property
    def episodes(self) -> int:
        """Number of episodes."""
        return len(self._episodes)

    @property
    def frames(self) -> int:
        """Number of frames in all finished episodes."""
        return self._frames

    def add(self, image: NDArray[np.uint8], vectors: Mapping[str, Array]) -> None:
        """Add a frame to the present episode.

        Args:
            image: (height, width, 3), BGR, of the features' size.
            vectors: Numbers of each vector, by name.
        """
        features = self._features
        number = len(self._rows["frame_index"])
        if self._encoder is None:
            self._encoder = VideoWriter(
                self._videos.next_path(), features.width, features.height, keyframes=2
            )
        self._encoder.write(image, self._in_video / features.rate)
        self._in_video += 1
        for name, values in vectors.items():
            self._rows[name].append(np.asarray(values, dtype=np.float32))
        given = (number, len(self._episodes), self._frames + number, 0)
        for name, value in zip(INDICES, given, strict=True):
            self._rows[name].append(value)
        self._rows["timestamp"].append(number / features.rate)
        self._samplers[CAMERA].add_image(image)
        for name, sampler in self._samplers.items():
            if name != CAMERA:
                sampler.add(self._rows[name][-1])

    def end_episode(self) -> None:
        """Finish the present episode; one without frames is none."""
        length = len(self._rows["frame_index"])
        if not length:
            return
        table = self._as_table()
        if self._table is None:
            path = self._data.next_path()
            self._table = pq.ParquetWriter(path, table.schema, compression="snappy")
        self._table.write_table(table)
        statistics = {name: one.statistics() for name, one in self._samplers.items()}
        rate = self._features.rate
        episode: dict[str, Any] = {
            "episode_index": len(self._episodes),
            "tasks": [self._task],
            "length": length,
            **self._data.place("data"),
            "dataset_from_index": self._frames,
            "dataset_to_index": self._frames + length,
            **self._videos.place(f"videos/{CAMERA}"),
            f"videos/{CAMERA}/from_timestamp": (self._in_video - length) / rate,
            f"videos/{CAMERA}/to_timestamp": self._in_video / rate,
        }
        for name, found in statistics.items():
            for key, values in as_lists(found, name == CAMERA).items():
                episode[f"stats/{name}/{key}"] = values
        episode |= {"meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0}
        self._episodes.append(episode)
        self._statistics.append(statistics)
        self._frames += length
        if self._data.is_full:
            self._close_table()
        if self._videos.is_full:
            self._close_video()
        self._begin()

    def finish(self) -> None:
        """Write what describes the data set; the folder is whole then."""
        self._close_table()
        self._close_video()
        meta = self._folder / "meta"
        (meta / "episodes" / "chunk-000").mkdir(parents=True)
        pq.write_table(
            pa.Table.from_pylist(self._episodes),
            meta / "episodes" / "chunk-000" / "file-000.parquet",
        )
        _write_tasks(meta / "tasks.parquet", self._task)
        together = {
            name: as_lists(joined([one[name] for one in self._statistics]), name == CAMERA)
            for name in self._statistics[0]
        }
        _write_json(meta / "stats.json", together)
        _write_json(meta / "info.json", self._information())

    def close(self) -> None:
        """Let go of the files, finished or not."""
        if self._encoder is not None:
            self._encoder.close()
        if self._table is not None:
            self._table.close()

    def _begin(self) -> None:
        names = [*self._features.vectors, "timestamp", *INDICES]
        self._rows: dict[str, list[Any]] = {name: [] for name in names}
        self._samplers = {name: Sampler() for name in (CAMERA, *names)}

    def _as_table(self) -> pa.Table:
        columns: dict[str, pa.Array] = {}
        for name, parts in self._features.vectors.items():
            numbers = pa.array(np.concatenate(self._rows[name]), pa.float32())
            columns[name] = pa.FixedSizeListArray.from_arrays(numbers, len(parts))
        columns["timestamp"] = pa.array(self._rows["timestamp"], pa.float32())
        for name in INDICES:
            columns[name] = pa.array(self._rows[name], pa.int64())
        description = json.dumps(self._features.hugging_face())
        return pa.table(columns).replace_schema_metadata({"huggingface": description})

    def _close_table(self) -> None:
        if self._table is not None:
            self._table.close()
        self._table = None

    def _close_video(self) -> None:
        if self._encoder is not None:
            self._encoder.finish()
            self._encoder.close()
        self._encoder, self._in_video = None, 0

    def _information(self) -> dict[str, Any]:
        return {
            "codebase_version": VERSION,
            "robot_type": self._robot,
            "total_episodes": len(self._episodes),
            "total_frames": self._frames,
            "total_tasks": 1,
            "chunks_size": CHUNK,
            "data_files_size_in_mb": _DATA_MB,
            "video_files_size_in_mb": _VIDEO_MB,
            "fps": self._features.rate,
            "splits": {"train": f"0:{len(self._episodes)}"},
            "data_path": f"data/{PATH}.parquet",
            "video_path": f"videos/{{video_key}}/{PATH}.mp4",
            "features": self._features.as_json(),
        }


def _write_tasks(path: Path, task: str) -> None:
    # As pandas writes a table whose index is the task.
    index = {"name": None, "field_name": "__index_level_0__", "pandas_type": "unicode"}
    description = {
        "index_columns": ["__index_level_0__"],
        "column_indexes": [],
        "columns": [
            {
                "name": "task_index",
                "field_name": "task_index",
                "pandas_type": "int64",
                "numpy_type": "int64",
                "metadata": None,
            },
            {**index, "numpy_type": "object", "metadata": None},
        ],
        "pandas_version": "2.2.3",
    }
    table = pa.table(
        {"task_index": pa.array([0], pa.int64()), "__index_level_0__": pa.array([task])}
    )
    pq.write_table(table.replace_schema_metadata({"pandas": json.dumps(description)}), path)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(printable(json.dumps(content, indent=4, ensure_ascii=False)), encoding="utf-8")
