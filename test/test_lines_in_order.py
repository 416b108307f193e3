# SPDX-License-Identifier: Apache-2.0
"""Lines of README.md and the guides that work on recordings, run in order in one folder."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import av
import pytest

from x2c_cli import cli
from x2c_perception.performer import performer_video
from x2c_testing.shell_lines import ROOT, lines_of

PAGES = ("README.md", "docs/bags.md", "docs/evaluation.md", "docs/virtual_humanoid.md")
COMMANDS = {"demo", "evaluate", "compare", "export", "render"}
"""Commands that need neither devices nor nodes of others, and end by themselves."""

_BAG = "out/demo/bag"
_IMAGES = 30

pytestmark = [pytest.mark.ros, pytest.mark.process, pytest.mark.slow]


def runnable(words: list[str]) -> list[str]:
    """Return a line as it runs on the files of this test; an empty one if it needs another."""
    if words[0] not in COMMANDS or {"--camera", "--topic", "--robot"} & {*words}:
        return []
    if "rerun" in words and importlib.util.find_spec("rerun") is None:
        return []
    placeholders = {"BAG": [_BAG], "BAG…": [_BAG], "bags/*": [_BAG]}
    found = [new for word in words for new in placeholders.get(word, [word])]
    if found[0] == "demo" and "--video" not in found:
        # The performer's own film takes 25 s.
        found += ["--video", "clip.mp4"]
    if found[0] == "evaluate" and "--jobs" not in found:
        # Each process takes seconds to start.
        found += ["--jobs", "1"]
    return found


def cut(source: Path, target: Path, images: int) -> None:
    """Copy the first images of a video."""
    with av.open(str(source)) as film, av.open(str(target), "w") as short:
        video = film.streams.video[0]
        stream = short.add_stream_from_template(video)
        for packet in film.demux(video):
            if packet.pts is None or packet.pts >= images / video.average_rate / video.time_base:
                break
            packet.stream = stream
            short.mux(packet)


def test_lines_on_recordings_work_one_after_the_other(tmp_path, monkeypatch, capfd):
    lines = [
        found for page in PAGES for words in lines_of(ROOT / page) if (found := runnable(words))
    ]
    assert {words[0] for words in lines} == COMMANDS
    monkeypatch.chdir(tmp_path)
    cut(performer_video(), Path("clip.mp4"), _IMAGES)
    shutil.copy("clip.mp4", "talk.mp4")
    smoothing = "/**/face_tracker_node:\n  ros__parameters:\n    smoothing: false\n"
    for name in ("mine.yaml", "rough.yaml"):
        Path(name).write_text(smoothing)
    done: set[str] = set()
    for words in lines:
        line = " ".join(words)
        if line in done:
            continue
        done.add(line)
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        said = capfd.readouterr()
        # Without smoothing the threshold of a comparison is passed: 1.
        allowed = (0, 1) if words[0] == "compare" else (0, None)
        assert ended.value.code in allowed, f"{line}\n{said.out}{said.err}"
        assert "Traceback" not in said.err, line
    for made in ("out/demo/imitation.mp4", "out/evaluation", "out/comparison.html", "face.mp4"):
        assert Path(made).exists(), made
