# SPDX-License-Identifier: Apache-2.0
"""Features of each frame of our LeRobot data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from x2c_core.control_space import controls

CAMERA = "observation.images.camera"
STATE = "observation.state"
ACTION = "action"
COMMANDS = "joint_commands"

INDICES = ("frame_index", "episode_index", "index", "task_index")


@dataclass(frozen=True)
class Features:
    """Features of a data set.

    Attributes:
        width: Width of the images, even [px].
        height: Likewise.
        rate: Frames a second.
        state: Names of the joints whose states are kept; empty where there are none.
        commands: Names of the joints whose commands are kept; empty where there are none.
    """

    width: int
    height: int
    rate: int
    state: tuple[str, ...]
    commands: tuple[str, ...]

    @property
    def vectors(self) -> dict[str, tuple[str, ...]]:
        """Names of the numbers of each vector."""
        given = {STATE: self.state, ACTION: controls.NAMES, COMMANDS: self.commands}
        return {name: tuple(parts) for name, parts in given.items() if parts}

    def as_json(self) -> dict[str, Any]:
        """Return them as in `info.json`."""
        camera = {
            "dtype": "video",
            "shape": [self.height, self.width, 3],
            "names": ["height", "width", "channels"],
            "info": {
                "video.height": self.height,
                "video.width": self.width,
                "video.codec": "h264",
                "video.pix_fmt": "yuv420p",
                "video.is_depth_map": False,
                "video.fps": self.rate,
                "video.channels": 3,
                "has_audio": False,
            },
        }
        made: dict[str, Any] = {CAMERA: camera}
        for name, parts in self.vectors.items():
            made[name] = {"dtype": "float32", "shape": [len(parts)], "names": list(parts)}
        made["timestamp"] = {"dtype": "float32", "shape": [1], "names": None}
        for name in INDICES:
            made[name] = {"dtype": "int64", "shape": [1], "names": None}
        return made

    def hugging_face(self) -> dict[str, Any]:
        """Return them as the `datasets` library writes them into Parquet files."""
        made: dict[str, Any] = {
            name: {
                "feature": {"dtype": "float32", "_type": "Value"},
                "length": len(parts),
                "_type": "List",
            }
            for name, parts in self.vectors.items()
        }
        made["timestamp"] = {"dtype": "float32", "_type": "Value"}
        made |= {name: {"dtype": "int64", "_type": "Value"} for name in INDICES}
        return {"info": {"features": made}}
