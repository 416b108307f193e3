# SPDX-License-Identifier: Apache-2.0
"""The document that shows every control."""

from __future__ import annotations

from pathlib import Path

from x2c_core.control_space import controls
from x2c_core.control_space.expressions import EXPRESSIONS
from x2c_core.robot.robot import Robot
from x2c_virtual_face.guide import guide

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "virtual_face"


def test_the_document_is_what_the_command_makes(robot: Robot) -> None:
    kept = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert kept == guide.text(robot), (
        "make it again: python -m x2c_virtual_face.guide.contact_sheet"
    )


def test_there_is_an_image_of_every_control_and_expression() -> None:
    wanted = {guide.image_path(name) for name in (*controls.NAMES, *EXPRESSIONS)}
    assert {str(p.relative_to(FOLDER)) for p in FOLDER.glob("images/*")} == wanted
    assert (FOLDER / "controls.png").is_file()


def test_the_robots_readme_has_its_joints(robot: Robot) -> None:
    kept = (robot.folder / "README.md").read_text(encoding="utf-8")
    assert guide.joint_table(robot) in kept, "print(guide.joint_table(robot)) is the table's text"
