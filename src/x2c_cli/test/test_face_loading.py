# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_cli.face_loading import load_face
from x2c_virtual_face import preparation
from x2c_virtual_face.head import model


@pytest.fixture
def prepared(monkeypatch):
    robots = []
    monkeypatch.setattr(preparation, "prepare", lambda robot: robots.append(robot.name))
    return robots


@pytest.mark.parametrize("robot", ["", "virtual"])
def test_the_virtual_face_is_loaded(prepared, robot):
    load_face(robot).join(30.0)
    assert prepared == ["virtual"]


@pytest.mark.parametrize("robot", ["ameca", "no_such_robot"])
def test_a_robot_with_motors_or_none_at_all_loads_nothing(prepared, robot):
    load_face(robot).join(30.0)
    assert prepared == []


def test_what_was_loaded_is_not_built_again():
    load_face("virtual").join(60.0)
    before = model._compiled.cache_info().misses
    load_face("virtual").join(60.0)
    assert model._compiled.cache_info().misses == before
