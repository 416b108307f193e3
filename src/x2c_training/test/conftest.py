# SPDX-License-Identifier: Apache-2.0
"""Small data sets to train on.

`upstream(folder, count)` lays out a data set as upstream does, and `simulated` is one of X2C-Sim.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_datasets.collect.simulated import collect_simulated
from x2c_datasets.collection_settings import CollectionSettings
from x2c_node.robots import find_robot
from x2c_virtual_face.errors import RenderError


@pytest.fixture(scope="session")
def robot() -> Path:
    """Folder of the virtual humanoid."""
    return find_robot("virtual")


@pytest.fixture(scope="session")
def simulated(make_once: Callable[..., Path], robot: Path) -> Path:
    """Collect 40 pairs of X2C-Sim: 32 train, 4 val, 4 test; do not write to them."""

    def collect(folder: Path) -> None:
        settings = CollectionSettings("virtual", samples=40, seed=5, frames=4, size=64)
        try:
            collect_simulated(robot, settings, folder / "set", 1, lambda pairs: None)
        except RenderError as error:
            pytest.skip(str(error))

    return make_once("simulated", collect) / "set"


@pytest.fixture
def upstream() -> Callable[..., Path]:
    """Lay a data set out as upstream does: grey images whose brightness tells the values."""

    def make(folder: Path, count: int = 24, name: str = "train_split_cg.pkl") -> Path:
        (folder / "images").mkdir(parents=True, exist_ok=True)
        generator = np.random.default_rng(count)
        shares = generator.uniform(-0.9, 0.9, count)
        paths = []
        for index, share in enumerate(shares):
            image = generator.integers(0, 20, (48, 40, 3)) + int(120 + 100 * share)
            path = f"images/{Path(name).stem}_{index}.png"
            cv2.imwrite(str(folder / path), image.astype(np.uint8))
            paths.append(path)
        values = [controls.from_deflection(np.full(controls.COUNT, share)) for share in shares]
        content = {"img_path": paths, "ctrl_values": controls.to_upstream(values)}
        (folder / name).write_bytes(pickle.dumps(content))
        return folder

    return make
