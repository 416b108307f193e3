# SPDX-License-Identifier: Apache-2.0
"""Styles of imitation, as their file has them."""

import pytest

from x2c_actuation.parameters import ActuationParameters
from x2c_bringup.errors import SettingsFileError
from x2c_bringup.styles import read_styles, style_of, styles_file
from x2c_node import parameters


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "styles.yaml"
        path.write_text(text)
        return path

    return write


def test_the_installed_styles_are_gains_that_actuation_takes():
    styles = read_styles(styles_file())
    assert list(styles) == ["subtle", "natural", "expressive"]
    for gains in styles.values():
        for name, value in gains.items():
            parameters.check(ActuationParameters, name, value)
        assert len(gains) == 7
    # Less, and a blink would no longer close the eyes.
    assert {gains["gain_eyelid"] for gains in styles.values()} == {1.0}


def test_regions_that_are_not_named_have_the_gain_one(file):
    styles = read_styles(file("calm:\n  mouth: 0.5\n"))
    assert styles["calm"]["gain_mouth"] == 0.5
    assert {value for name, value in styles["calm"].items() if name != "gain_mouth"} == {1.0}


def test_a_style_is_known_by_its_gains(file):
    styles = read_styles(file("calm: {mouth: 0.5}\nplain: {}\n"))
    assert style_of(styles, {**styles["calm"], "gain_other": 2.0}) == "calm"
    assert style_of(styles, {**styles["calm"], "gain_brow": 1.1}) == ""
    assert style_of(styles, {}) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file"),
        ("{}", "at least one style"),
        ("[1]", "expected keys with values"),
        ("calm: 3", "line 1: calm: expected keys with values"),
        ("calm:\n  moth: 1", "line 2: calm.moth: unknown moth"),
        ("calm:\n  mouth: 4", r"line 2: calm.mouth: expected a number from 0 to 3, got 4"),
        ("calm:\n  mouth: .nan", "expected a number"),
        ("calm: {}\ncalm: {}", "twice"),
        ("1: {}", "name of a style"),
        ("calm: [", "cannot read"),
    ],
)
def test_all_mistakes_are_told(file, text, reason):
    with pytest.raises(SettingsFileError, match=reason):
        read_styles(file(text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsFileError, match=r"none\.yaml"):
        read_styles(tmp_path / "none.yaml")
