# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_core.control_space import controls, expressions
from x2c_core.control_space.regions import REGIONS, region_mask
from x2c_core.errors import ControlError
from x2c_core.sources.source import SourceError
from x2c_imitation.errors import MixerError
from x2c_imitation.face_mixer.held_expression import HeldExpression, expression_layer


def test_layer_moves_the_regions_that_the_expression_is_about():
    layer = expression_layer("smile")
    assert layer.values == pytest.approx(expressions.values("smile"))
    assert (layer.mask == region_mask(["mouth", "lids", "brows"])).all()


def test_intensity_scales_the_deflection_not_the_mask():
    half = controls.to_deflection(expression_layer("smile", 0.5).values)
    assert half == pytest.approx(controls.to_deflection(expressions.values("smile")) / 2)
    assert expression_layer("smile", 0.0).mask.any()


def test_neutral_is_about_the_whole_face():
    assert (expression_layer("neutral").mask == region_mask(list(REGIONS))).all()


def test_regions_can_be_chosen():
    assert (expression_layer("smile", regions="head=0.5").mask == region_mask({"head": 0.5})).all()


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        (("grimace", 1.0, 1.0, ""), SourceError, "unknown expression 'grimace'"),
        (("smile", 1.5, 1.0, ""), MixerError, "intensity: expected 0 to 1, got 1.5"),
        (("smile", np.nan, 1.0, ""), MixerError, "intensity: expected 0 to 1, got nan"),
        (("smile", 1.0, 0.0, ""), MixerError, "seconds: expected above 0 to 3600, got 0"),
        (("smile", 1.0, np.nan, ""), MixerError, "seconds: expected above 0"),
        (("smile", 1.0, 1.0, "ears"), ControlError, "unknown region 'ears'"),
    ],
)
def test_what_cannot_be_shown_is_refused(arguments, error, reason):
    with pytest.raises(error, match=reason):
        HeldExpression.named(*arguments, now=0.0)
