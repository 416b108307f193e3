# SPDX-License-Identifier: Apache-2.0
"""Commands that share the face of a running robot."""

from pathlib import Path

import numpy as np
import pytest

from x2c_cli.commands.sharing.play import clip_path
from x2c_cli.commands.sharing.say import _is_path
from x2c_core.control_space import controls
from x2c_core.control_space.controls_table import HEADER
from x2c_core.sources.expression_clip import ExpressionClip
from x2c_imitation.face_mixer_node import FaceMixerNode
from x2c_msgs.msg import ControlValues
from x2c_node import qos
from x2c_node.conversion.headers import to_nanoseconds
from x2c_sources.errors import SpeechError
from x2c_sources.speech.audio_mouth import RATE
from x2c_sources.speech.engines import espeak
from x2c_sources.speech.sound import wav
from x2c_sources.speech.spoken_clip import SpokenClip

JAW = controls.index("Jaw Pitch")


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Give discovery more time than a user would: it costs nothing where all goes well."""
    monkeypatch.setattr("x2c_cli.bus.connection.DISCOVERY", 60.0)
    monkeypatch.setattr("x2c_cli.bus.connection._ANSWER", 60.0)


@pytest.fixture
def faces(ros):
    """Mixed faces of a running mixer."""
    collected = ros.collect(ControlValues, "mixer/control_values", qos.STREAM)
    ros.add(FaceMixerNode()).start()
    return collected


@pytest.fixture
def table(tmp_path):
    """A table of 1 s in which the jaw is at 0.25."""
    values = controls.from_names({"Jaw Pitch": 0.25})
    row = [f"{value:.6f}" for value in values]
    path = tmp_path / "controls.csv"
    path.write_text("\n".join([",".join(HEADER), *(",".join([t, *row]) for t in ("0", "1"))]))
    return path


def test_expression_is_shown(faces, x2c, wait_until):
    status, said = x2c("express", "surprise", "0.5", "--seconds", "1000", "--regions", "mouth")
    assert (status, "surprise for 1000 s" in said) == (0, True), said
    wanted = controls.NEUTRAL[JAW] - 0.3 * (controls.NEUTRAL[JAW] - controls.MINIMUM[JAW])
    wait_until(lambda: faces and abs(faces[-1].values[JAW] - wanted) < 1e-4, what="the jaw")


def test_expression_that_cannot_be_is_refused_with_the_reason(faces, x2c):
    status, said = x2c("express", "smile", "7")
    assert (status, "intensity: expected 0 to 1, got 7" in said) == (1, True), said


def test_clip_is_played_then_lets_go(faces, x2c, wait_until, table, monkeypatch):
    at = ExpressionClip.at

    def until_seen(clip, time):
        seen = any(one.values[JAW] < controls.NEUTRAL[JAW] - 0.1 for one in list(faces))
        return None if seen else at(clip, 0.5)

    # However long the mixer takes to hear it, and however busy the machine is.
    monkeypatch.setattr(ExpressionClip, "at", until_seen)
    status, said = x2c("play", table.parent, "--end", "0.9", "--blend-in", "0.1")
    assert (status, "for 0.9 s on /sources/play" in said) == (0, True), said
    wait_until(lambda: faces[-1].values[JAW] > controls.NEUTRAL[JAW] - 1e-6, what="the end")


def test_robots_of_all_namespaces_play_a_clip_in_step(ros, x2c, wait_until, tmp_path):
    rows = [
        [f"{time:.2f}", *(f"{one:.6f}" for one in controls.from_names({"Jaw Pitch": jaw}))]
        for time, jaw in zip(np.linspace(0.0, 4.0, 101), np.linspace(0.9, 0.1, 101), strict=True)
    ]
    path = tmp_path / "controls.csv"
    path.write_text("\n".join([",".join(HEADER), *map(",".join, rows)]))
    seen = {}
    for name in ("left", "right"):
        ros.add(FaceMixerNode(namespace=name)).start()
        seen[name] = []
        ros.node.create_subscription(
            ControlValues,
            f"{name}/mixer/control_values",
            lambda message, name=name: seen[name].append(
                (to_nanoseconds(message.header.stamp) * 1e-9, message.values[JAW])
            ),
            qos.STREAM,
        )
    status, said = x2c("play", path, "--all", "--start", "1", "--end", "3.5", "--speed", "1.5")
    assert (status, "/left/sources/play, /right/sources/play" in said) == (0, True), said

    def crossed(level):
        """Return when each robot's jaw was at a level on its way."""
        found = []
        for times in seen.values():
            at, jaw = np.array(times).T
            last = jaw.argmin()
            after = np.flatnonzero((jaw[:last] >= level) & (jaw[1 : last + 1] < level))
            found.append(at[after[-1]])
        return found

    skews = [abs(np.subtract(*crossed(level))) for level in np.arange(0.42, 0.6, 0.03)]
    # Each mixer has a rhythm of its own of 10 ms; the rest is this machine's.
    assert np.median(skews) < 0.05


def test_without_a_mixer_the_remedy_is_named(x2c, monkeypatch):
    monkeypatch.setattr("x2c_cli.bus.connection.DISCOVERY", 0.1)
    status, said = x2c("express", "smile")
    assert (status, "no face mixer (it runs with" in said) == (2, True), said


def test_clip_can_be_a_file_a_folder_of_results_or_a_name(tmp_path, table):
    assert clip_path(str(table), tmp_path) == str(table)
    assert clip_path(str(tmp_path), tmp_path) == str(table)
    assert clip_path(tmp_path.name, tmp_path.parent) == str(table)
    assert clip_path("smile=0.5", tmp_path) == "smile=0.5"


def test_clip_that_is_not_there_is_refused(x2c, tmp_path):
    status, said = x2c("play", tmp_path / "gone.csv")
    assert (status, "gone.csv" in said) == (2, True), said


def test_sound_moves_the_mouth_then_lets_go(faces, x2c, wait_until, tmp_path, monkeypatch):
    at = SpokenClip.at

    def until_seen(clip, time):
        seen = any(one.values[JAW] < controls.NEUTRAL[JAW] - 0.1 for one in list(faces))
        return None if seen else at(clip, 0.6)

    monkeypatch.setattr(SpokenClip, "at", until_seen)
    path = tmp_path / "said.wav"
    path.write_bytes(wav(np.random.default_rng(1).normal(size=RATE) * 0.2, RATE))
    status, said = x2c("say", path)
    assert (status, "on /sources/say" in said) == (0, True), said
    wait_until(lambda: faces[-1].values[JAW] > controls.NEUTRAL[JAW] - 1e-6, what="the end")


@pytest.mark.parametrize("speech", ["gone.wav", "unreadable.flac"])
def test_sound_that_is_not_there_is_refused(x2c, tmp_path, speech):
    status, said = x2c("say", tmp_path / speech)
    assert (status, "cannot read" in said) == (2, True), said


@pytest.mark.parametrize(
    ("words", "what"),
    [(("",), "there is no text"), (("a" * 200_001,), "longer than 200,000")],
)
def test_a_text_that_cannot_be_said_is_refused(x2c, words, what):
    status, said = x2c("say", *words)
    assert (status, what in said) == (2, True), said


def test_a_text_that_begins_with_a_tilde_is_spoken(x2c, monkeypatch):
    def refuse(text, voice, words_per_minute):
        raise SpeechError(f"cannot speak {text!r}")

    monkeypatch.setattr(espeak, "speak", refuse)
    status, said = x2c("say", "~no user is named so")
    assert (status, "cannot speak '~no user is named so'" in said) == (2, True), said


def test_a_text_is_no_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Hello").mkdir()
    assert not _is_path(Path(""))
    assert _is_path(tmp_path)
    assert not any(map(_is_path, map(Path, ["Good morning.", "Hello", "a" * 5000, "v1. Done"])))
    assert _is_path(Path("said.flac"))
