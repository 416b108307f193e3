# SPDX-License-Identifier: Apache-2.0
"""Limits on the size of input."""

import pytest

from x2c_core.files.input_limits import CSV_BYTES, IMAGE_PIXELS, LIMITS, LimitError

VARIABLE = IMAGE_PIXELS.variable


def test_a_refusal_names_size_limit_and_how_to_raise_it(monkeypatch):
    monkeypatch.setenv(VARIABLE, "100")
    IMAGE_PIXELS.check(100, "the image has")
    expected = rf"the image has 101 pixels; the limit is 100: .* set {VARIABLE} to a larger"
    with pytest.raises(LimitError, match=expected):
        IMAGE_PIXELS.check(101, "the image has")


def test_without_the_variable_the_default_counts(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert IMAGE_PIXELS.value == IMAGE_PIXELS.default
    monkeypatch.setenv(VARIABLE, "")
    assert IMAGE_PIXELS.value == IMAGE_PIXELS.default


@pytest.mark.parametrize("text", ["0", "-1", "1e6", "many", "1_000", " 5", "\u0663", "9" * 20])
def test_a_limit_that_is_no_positive_number_is_refused(monkeypatch, text):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(LimitError, match=f"{VARIABLE} is .*expected a whole number of pixels"):
        IMAGE_PIXELS.check(1, "the image has")


def test_images_of_16k_pass():
    assert IMAGE_PIXELS.default > 2 * 15360 * 8640


def test_a_day_of_control_values_passes():
    row = len("1795351774.606658481") + 30 * len(",-0.12345678") + len("\r\n")
    assert CSV_BYTES.default > 24 * 3600 * 30 * row


def test_every_limit_has_a_variable_of_its_own():
    assert len({limit.variable for limit in LIMITS}) == len(LIMITS)
    assert all(limit.variable.startswith("X2C_MAX_") for limit in LIMITS)
