# SPDX-License-Identifier: Apache-2.0
"""The model is built through MuJoCo's programming interface, whose sizes differ by version."""

from __future__ import annotations

import types

import mujoco
import pytest

from x2c_virtual_face.head import model


@pytest.mark.parametrize("size", [11, 12])
def test_a_joint_follows_with_as_many_coefficients_as_mujoco_has(monkeypatch, size):
    monkeypatch.setattr(mujoco, "mjNEQDATA", size)
    made = []
    spec = types.SimpleNamespace(add_equality=lambda **fields: made.append(fields))
    model._follow(spec, "eye_right", "eye_left", (0.5, 2.0))
    assert made[0]["data"].tolist() == [0.0, 0.5, 2.0] + [0.0] * (size - 3)
