# SPDX-License-Identifier: Apache-2.0
import json
import os

import pytest

from x2c_core.errors import X2CError
from x2c_core.printable import printable

NAME = os.fsdecode(b"/data/\xff.mp4")


@pytest.mark.parametrize("text", ["", "plain", "gr\u00fc\u00df", "\U0001f600", "a\0b"])
def test_a_text_stays_as_it_is(text):
    assert printable(text) == text


def test_a_name_that_is_no_text_is_escaped():
    assert printable(NAME) == r"/data/\udcff.mp4"


def test_json_with_an_escaped_name_says_the_name():
    assert json.loads(printable(json.dumps([NAME], ensure_ascii=False))) == [NAME]


def test_errors_of_ours_can_be_written_anywhere():
    error = X2CError(f"cannot read {NAME}")
    assert str(error) == f"{error}" == r"cannot read /data/\udcff.mp4"
    str(error).encode()
