# SPDX-License-Identifier: Apache-2.0
"""Options for the neutral face: live, from a file, or found in a first pass through a video."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from x2c_cli.commands.imitation.neutral import add_neutral_arguments, first_pass, neutral_file
from x2c_core.errors import X2CError
from x2c_perception.cameras.video.video_file import VideoFile
from x2c_perception.neutral.person_store import read_person
from x2c_perception.performer import performer_video


def arguments(*texts, video=""):
    parser = argparse.ArgumentParser()
    add_neutral_arguments(parser)
    return argparse.Namespace(**vars(parser.parse_args(texts)), video=video)


def test_live_calibration_needs_no_file_and_a_given_one_stays():
    for texts, expected in (((), ""), (("--neutral", "ada.jpg"), "ada.jpg")):
        with neutral_file(arguments(*texts), Console()) as path:
            assert path == expected


def test_a_file_and_a_first_pass_exclude_each_other(capsys):
    with pytest.raises(SystemExit):
        arguments("--neutral", "ada.jpg", "--calibration", "before")
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.slow
def test_a_first_pass_gives_a_file_for_as_long_as_the_robot_imitates(tmp_path):
    video = tmp_path / "short.mp4"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"mp4v"), 30.0, (640, 480))
    with VideoFile(performer_video()) as performer:
        for _ in range(40):
            writer.write(cv2.resize(performer.read(), (640, 480)))
    writer.release()
    console = Console()
    with neutral_file(arguments("--calibration", "before", video=str(video)), console) as path:
        neutral = read_person(Path(path))
    assert not Path(path).exists()
    assert np.isfinite(neutral.face).all()
    assert (neutral.width, neutral.height) == (640, 480)


def test_a_first_pass_needs_a_video_with_a_face(tmp_path):
    image = tmp_path / "one.png"
    cv2.imwrite(str(image), np.full((64, 64, 3), 128, np.uint8))
    for video in ("", str(image)):
        with pytest.raises(X2CError, match="expected --video with a video"):
            first_pass(video)
    grey = tmp_path / "grey.mp4"
    writer = cv2.VideoWriter(str(grey), cv2.VideoWriter_fourcc(*"mp4v"), 30.0, (64, 64))
    for _ in range(10):
        writer.write(np.full((64, 64, 3), 128, np.uint8))
    writer.release()
    with pytest.raises(X2CError, match=r"no neutral face was found in .*grey\.mp4"):
        first_pass(str(grey))
