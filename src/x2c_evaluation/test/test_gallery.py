# SPDX-License-Identifier: Apache-2.0
"""The gallery shows what there is of each robot, and says what is missing."""

import html
import shutil
from pathlib import Path

import pytest

from x2c_core.control_space.expressions import EXPRESSIONS
from x2c_evaluation.gallery.gallery import gallery_images, gallery_markdown, gallery_page
from x2c_evaluation.gallery.robot_card import robot_card
from x2c_node.robots import find_robot, robot_folders

DOCS = Path(__file__).resolve().parents[3] / "docs" / "gallery"


@pytest.fixture(scope="module")
def shipped():
    """Cards of the robots that come with the project."""
    return [robot_card(folder) for _, folder in sorted(robot_folders().items())]


@pytest.fixture
def photographed(tmp_path):
    """Folder of a robot with a photograph and nothing else."""
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copy(find_robot("example_twelve") / "robot.yaml", folder)
    shutil.copy(find_robot("virtual") / "neutral.png", folder)
    return folder


def test_the_page_in_docs_is_that_of_the_robots(shipped):
    assert (DOCS / "README.md").read_text(encoding="utf-8") == gallery_markdown(shipped), (
        "make it again: python -m x2c_evaluation.gallery docs/gallery"
    )
    there = {one.relative_to(DOCS) for one in DOCS.glob("images/*")}
    assert there == set(gallery_images(shipped))


def test_the_virtual_robot_is_shown_with_every_expression(shipped):
    (card,) = [one for one in shipped if one.name == "virtual"]
    assert [one.name for one in card.expressions] == list(EXPRESSIONS)
    assert len({one.image for one in card.expressions}) == len(EXPRESSIONS)
    assert (card.covered, card.missing, card.driver) == (
        *(30, ()),
        "simulated by virtual_face_node",
    )


def test_what_a_robot_lacks_is_said_and_the_rest_is_shown(photographed):
    card = robot_card(photographed)
    assert card.neutral.startswith(b"\xff\xd8")
    assert not card.has_images
    assert card.driver == "feetech"
    missing = "\n".join(card.missing)
    for lack in ("images of its expressions", "expression model", "mapping network", "a URDF"):
        assert lack in missing
    assert "photograph" not in missing
    assert card.covered == 15
    assert "Nose Wrinkle" in card.unmoved
    (smile,) = [one for one in card.expressions if one.name == "smile"]
    assert (smile.moved, smile.controls) == (4, 8)
    jaw = card.joints[0]
    assert (jaw.positions, jaw.controls) == ("-0.3835 … 0 rad", "Jaw Pitch")
    (photographed / "neutral.png").write_bytes(b"no image")
    assert "photograph" in "\n".join(robot_card(photographed).missing)


def test_a_robot_that_cannot_be_read_is_on_the_page_with_the_reason(photographed):
    (photographed / "robot.yaml").write_text("name: <b>", encoding="utf-8")
    card = robot_card(photographed)
    page = gallery_page([card])
    assert html.escape(card.failed, quote=False) in page.replace("&#39;", "'")
    assert "cannot be used" in page
    assert "<b>:" not in page
