# SPDX-License-Identifier: Apache-2.0
"""Draws every control at its lowest, neutral and highest value, and the named expressions.

Run as `python -m x2c_virtual_face.contact_sheet --robot config/robots/virtual --out controls.png`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_face import controls
from x2c_face.controls import Group
from x2c_face.robot import Robot
from x2c_face.robot_file import load_robot
from x2c_virtual_face import expressions
from x2c_virtual_face.virtual_face import VirtualFace

Image = NDArray[np.uint8]
Values = NDArray[np.float64]

_SIZE = 420
_TILE = 176
_TITLE = 26
_WINDOWS = {
    Group.BROW: (0.28, 0.24, 0.44),
    Group.EYELID: (0.28, 0.26, 0.44),
    Group.GAZE: (0.28, 0.26, 0.44),
    Group.MOUTH: (0.29, 0.45, 0.42),
    Group.NOSE: (0.28, 0.32, 0.44),
}
"""Left edge, top edge and width shown, as shares of the picture; all where not listed."""


def sheet(robot: Robot) -> Image:
    """Return the contact sheet (height, width, 3), RGB."""
    with VirtualFace(robot, _SIZE, _SIZE) as face:

        def picture(values: Values) -> Image:
            face.set_positions(robot.joint_targets(values))
            return face.render()

        cells = [_control_cell(picture, control) for control in controls.CONTROLS]
        rows = [_row(cells[k : k + 3]) for k in range(0, len(cells), 3)]
        names = list(expressions.EXPRESSIONS)
        tiles = [_titled([_whole(picture(expressions.values(n)))], n) for n in names]
        per_row = rows[0].shape[1] // tiles[0].shape[1]
        rows += [_row(tiles[k : k + per_row]) for k in range(0, len(tiles), per_row)]
    return _stacked(rows)


def _control_cell(picture: Callable[[Values], Image], control: controls.Control) -> Image:
    window = _WINDOWS.get(control.group, (0.0, 0.0, 1.0))
    tiles = []
    for value in (control.minimum, control.neutral, control.maximum):
        values = controls.from_names({control.name: value})
        tiles.append(_cut(picture(values), window))
    title = (
        f"{control.name}: {control.minimum:.3g} | {control.neutral:.3g} | {control.maximum:.3g}"
    )
    return _titled(tiles, title)


def _cut(image: Image, window: tuple[float, float, float]) -> Image:
    left, top, width = (round(share * _SIZE) for share in window)
    part = image[top : top + width, left : left + width]
    return np.asarray(cv2.resize(part, (_TILE, _TILE), interpolation=cv2.INTER_AREA), np.uint8)


def _whole(image: Image) -> Image:
    return _cut(image, (0.08, 0.06, 0.84))


def _titled(tiles: Sequence[Image], title: str) -> Image:
    body = np.hstack(tiles)
    strip = np.full((_TITLE, body.shape[1], 3), 255, np.uint8)
    cv2.putText(
        strip, title, (5, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (30, 30, 30), 1, cv2.LINE_AA
    )
    cell = np.vstack([strip, body])
    return np.pad(cell, ((3, 3), (3, 3), (0, 0)), constant_values=255)


def _row(cells: Sequence[Image]) -> Image:
    return np.hstack(cells)


def _stacked(rows: Sequence[Image]) -> Image:
    width = max(row.shape[1] for row in rows)
    padded = [
        np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255)
        for row in rows
    ]
    return np.vstack(padded)


def main() -> None:
    """Write the contact sheet, and the robot's neutral image if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robot", type=Path, default=Path("config/robots/virtual"))
    parser.add_argument("--out", type=Path, default=Path("docs/virtual_face/controls.png"))
    parser.add_argument(
        "--neutral", action="store_true", help="also write the robot's neutral image, 256x256"
    )
    arguments = parser.parse_args()
    robot = load_robot(arguments.robot)
    _write(arguments.out, sheet(robot))
    if arguments.neutral:
        with VirtualFace(robot) as face:
            _write(robot.neutral_image, face.render())


def _write(path: Path, image: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    smallest = (cv2.IMWRITE_PNG_COMPRESSION, 9)
    if not cv2.imwrite(str(path), image[:, :, ::-1], smallest):
        raise OSError(f"cannot write {path}")


if __name__ == "__main__":
    main()
