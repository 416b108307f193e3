# SPDX-License-Identifier: Apache-2.0
"""Draw every control at its lowest, neutral and highest value, and the named expressions.

`python -m x2c_virtual_face.guide.contact_sheet` writes docs/virtual_face/: the contact sheet, its
parts one by one, and the README that shows them in a table.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import ImageArray
from x2c_core.control_space import controls, expressions
from x2c_core.control_space.controls import Group
from x2c_core.printable import printable
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_virtual_face.guide import guide
from x2c_virtual_face.virtual_face import VirtualFace

Values = NDArray[np.float64]

_SIZE = 420
_SAMPLES = 4
_TILE = 176
_TITLE = 26
_ACROSS = 3
_WINDOWS = {
    Group.BROW: (0.28, 0.24, 0.44),
    Group.EYELID: (0.28, 0.26, 0.44),
    Group.GAZE: (0.28, 0.26, 0.44),
    Group.MOUTH: (0.29, 0.45, 0.42),
    Group.NOSE: (0.28, 0.32, 0.44),
}
"""Left edge, top edge and width shown, as shares of the image; all where not listed."""
_WHOLE = (0.08, 0.06, 0.84)


def tiles(robot: Robot) -> dict[str, list[ImageArray]]:
    """Return what to see by control and by named expression: images (height, width, 3), RGB.

    A control has three, at its lowest, neutral and highest value; an expression has one.
    """
    with VirtualFace(robot, _SIZE, _SIZE, _SAMPLES) as face:

        def image(values: Values) -> ImageArray:
            face.set_positions(robot.joint_targets(values))
            return face.render()

        shown = {
            control.name: [
                _cut(
                    image(controls.from_names({control.name: value})),
                    _WINDOWS.get(control.group, (0.0, 0.0, 1.0)),
                )
                for value in (control.minimum, control.neutral, control.maximum)
            ]
            for control in controls.CONTROLS
        }
        for name in expressions.EXPRESSIONS:
            shown[name] = [_cut(image(expressions.values(name)), _WHOLE)]
    return shown


def sheet(shown: Mapping[str, Sequence[ImageArray]]) -> ImageArray:
    """Return the contact sheet (height, width, 3), RGB, of what `tiles` returns."""
    cells = [_titled(shown[control.name], _title(control)) for control in controls.CONTROLS]
    faces = [_titled(shown[name], name) for name in expressions.EXPRESSIONS]
    rows = [np.hstack(cells[k : k + _ACROSS]) for k in range(0, len(cells), _ACROSS)]
    across = rows[0].shape[1] // faces[0].shape[1]
    rows += [np.hstack(faces[k : k + across]) for k in range(0, len(faces), across)]
    return _stacked(rows)


def _title(control: controls.Control) -> str:
    values = (control.minimum, control.neutral, control.maximum)
    return f"{control.name}: {' | '.join(f'{value:.3g}' for value in values)}"


def _cut(image: ImageArray, window: tuple[float, float, float]) -> ImageArray:
    left, top, width = (round(share * _SIZE) for share in window)
    part = image[top : top + width, left : left + width]
    return np.asarray(cv2.resize(part, (_TILE, _TILE), interpolation=cv2.INTER_AREA), np.uint8)


def _titled(tiles: Sequence[ImageArray], title: str) -> ImageArray:
    body = np.hstack(tiles)
    strip = np.full((_TITLE, body.shape[1], 3), 255, np.uint8)
    cv2.putText(
        strip, title, (5, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (30, 30, 30), 1, cv2.LINE_AA
    )
    cell = np.vstack([strip, body])
    return np.pad(cell, ((3, 3), (3, 3), (0, 0)), constant_values=255)


def _stacked(rows: Sequence[ImageArray]) -> ImageArray:
    width = max(row.shape[1] for row in rows)
    padded = [
        np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255)
        for row in rows
    ]
    return np.vstack(padded)


def main() -> None:
    """Write the images and the table that shows them; the robot's neutral image if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robot", type=Path, default=Path("config/robots/virtual"))
    parser.add_argument("--out", type=Path, default=Path("docs/virtual_face"))
    parser.add_argument(
        "--neutral", action="store_true", help="also write the robot's neutral image, 256x256"
    )
    arguments = parser.parse_args()
    robot, out = load_robot(arguments.robot), arguments.out
    shown = tiles(robot)
    _write(out / "controls.png", sheet(shown))
    for name, images in shown.items():
        _write(out / guide.image_path(name), np.hstack(images))
    (out / "README.md").write_text(guide.text(robot), encoding="utf-8")
    if arguments.neutral:
        with VirtualFace(robot) as face:
            _write(robot.neutral_image, face.render())


def _write(path: Path, image: ImageArray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    small = (cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_JPEG_QUALITY, 85)
    name = str(path)
    if name != printable(name) or not cv2.imwrite(name, image[:, :, ::-1], small):
        raise OSError(f"cannot write {path}")


if __name__ == "__main__":
    main()
