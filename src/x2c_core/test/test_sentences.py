# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_core.words import among_all, counted, did_you_mean


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((0, "frame"), "0 frames"),
        ((1, "frame"), "1 frame"),
        ((2, "frame"), "2 frames"),
        ((1, "process", "processes"), "1 process"),
        ((3, "process", "processes"), "3 processes"),
    ],
)
def test_numbers_and_nouns_agree(words, text):
    assert counted(*words) == text


def test_a_typo_is_understood_and_nonsense_is_not():
    assert did_you_mean("imitat", ["imitate", "demo"]) == "; did you mean 'imitate'?"
    assert did_you_mean("xyz", ["imitate", "demo"]) == ""


def test_what_nothing_was_found_in_is_the_only_one_or_any():
    assert among_all(1, "image") == "the only image"
    assert among_all(40, "image") == "any of 40 images"
