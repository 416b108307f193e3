# SPDX-License-Identifier: Apache-2.0
"""Write a robot's URDF and its meshes: `python -m x2c_virtual_face.urdf`."""

from __future__ import annotations

import argparse
from pathlib import Path

from x2c_core.robot.robot_file import load_robot
from x2c_virtual_face.urdf.description import MESHES, meshes, urdf
from x2c_virtual_face.urdf.stl import to_stl


def main() -> None:
    """Replace the URDF and the meshes in a robot's folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robot", type=Path, default=Path("config/robots/virtual"))
    robot = load_robot(parser.parse_args().robot)
    (robot.folder / f"{robot.folder.name}.urdf").write_text(urdf(robot), encoding="utf-8")
    folder = robot.folder / MESHES
    folder.mkdir(exist_ok=True)
    wanted = meshes()
    for old in folder.glob("*.stl"):
        if old.stem not in wanted:
            old.unlink()
    for name, triangles in wanted.items():
        (folder / f"{name}.stl").write_bytes(to_stl(triangles))


if __name__ == "__main__":
    main()
