# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer
from x2c_core.control_space.regions import REGIONS, mask_from_text, region_indices, region_mask
from x2c_core.errors import ControlError


def test_every_control_is_in_exactly_one_region():
    assert sorted(np.concatenate(list(REGIONS.values()))) == list(range(controls.COUNT))


def test_mask_of_regions_asks_for_their_controls_only():
    mask = region_mask(["mouth", "nose"])
    wanted = {"mouth", "nose"}
    assert [float(v) for v in mask] == [float(one.group in wanted) for one in controls.CONTROLS]


def test_mask_takes_strengths():
    mask = region_mask({"lids": 1.0, "head": 0.25})
    assert mask[controls.index("Eyelid Upper Left")] == 1.0
    assert mask[controls.index("Head Yaw")] == 0.25
    assert mask.sum() == pytest.approx(4 + 3 * 0.25)


@pytest.mark.parametrize("strength", [-0.1, 1.5, float("nan")])
def test_strength_out_of_range_is_refused(strength):
    with pytest.raises(ControlError, match="strength of head must be from 0 to 1"):
        region_mask({"head": strength})


def test_unknown_region_is_refused_with_the_names_that_exist():
    with pytest.raises(ControlError, match="unknown region 'ears'; the regions are: brows, lids"):
        region_indices("ears")


def test_regions_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        REGIONS["head"][0] = 0


def test_layer_without_a_mask_is_empty():
    assert ControlLayer(controls.NEUTRAL, np.zeros(controls.COUNT)).empty
    assert not ControlLayer(controls.NEUTRAL, region_mask(["nose"])).empty


def test_mask_from_text_takes_strengths():
    assert (mask_from_text("mouth, head=0.3") == region_mask({"mouth": 1.0, "head": 0.3})).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "unknown region ''"), ("mouth=much", "expected a number"), ("mouth=2", "from 0 to 1")],
)
def test_mask_from_a_text_that_is_none_is_refused(text, reason):
    with pytest.raises(ControlError, match=reason):
        mask_from_text(text)


@pytest.mark.parametrize(
    ("values", "mask", "reason"),
    [
        (np.zeros(29), np.zeros(30), "expected 30 control values"),
        (np.full(30, np.nan), np.zeros(30), "must be finite"),
        (np.zeros(30), np.zeros(31), "expected a mask of 30"),
        (np.zeros(30), np.full(30, np.nan), "masks must be from 0 to 1"),
    ],
)
def test_layer_that_no_face_can_be_mixed_with_is_refused(values, mask, reason):
    with pytest.raises(ControlError, match=reason):
        ControlLayer(values, mask)
