# SPDX-License-Identifier: Apache-2.0
"""`x2c animate` refuses what cannot be before anything is loaded."""

from __future__ import annotations

import pytest

from x2c_cli import cli


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--size", "8"], "--size: expected 64 to 2048 pixels, got 8"),
        (["--out", "film.avi"], "--out: expected a name that ends with .mp4"),
        (["--out", "/nowhere/film.mp4"], "--out: there is no folder /nowhere"),
        (["--out", "person.mp4"], "--out: would replace the video of the person"),
        (["--transfer", "magic", "--option", "a=1"], "unknown motion transfer 'magic'"),
        (["--transfer", "liveportrait", "--option", "half=much"], "half"),
        (["--option", "speed=3"], "speed"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(capsys, words, reason):
    with pytest.raises(SystemExit) as ended:
        cli.main(["animate", "--image", "a.png", "--video", "person.mp4", *words])
    assert ended.value.code == cli.REFUSED
    assert reason in capsys.readouterr().err
