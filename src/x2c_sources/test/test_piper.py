# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF001 - letters of the International Phonetic Alphabet
"""Voices of piper. piper is no part of the project: without it, its part is played."""

import json
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from x2c_sources.errors import SpeechError
from x2c_sources.speech.engines import piper
from x2c_sources.speech.visemes import is_bilabial

RATE = 22050


@dataclass
class Config:
    """The configuration of a synthesis, as piper has it."""

    length_scale: float = 1.0


def chunk(phonemes, timed):
    """Return a sentence of piper: each letter and mark is a phoneme of 100 ms."""
    samples = np.random.default_rng(1).normal(size=len(phonemes) * RATE // 10) * 0.1
    alignments = [SimpleNamespace(phoneme=one, num_samples=RATE // 10) for one in phonemes]
    return SimpleNamespace(
        sample_rate=RATE,
        audio_float_array=samples.astype(np.float32),
        phoneme_alignments=alignments if timed else None,
    )


class Voice:
    """A voice that says every text as "Bob. Mama."."""

    config = SimpleNamespace(length_scale=1.5)
    timed = True

    @classmethod
    def load(cls, path, include_alignments):
        if not path.read_bytes():
            raise RuntimeError("ModelProto does not have a graph")
        assert include_alignments
        return cls()

    def synthesize(self, text, config, include_alignments):
        assert include_alignments
        self.scale = config.length_scale
        if text == "...":
            return
        yield chunk(["^", "b", "ˈ", "ɑ", "ː", "b", ".", "$"], self.timed)
        yield chunk(["^", "m", "ˈ", "ɑ", " ", "m", "ə", ".", "$"], self.timed)


@pytest.fixture
def voice(monkeypatch, tmp_path):
    monkeypatch.setitem(
        sys.modules, "piper", SimpleNamespace(PiperVoice=Voice, SynthesisConfig=Config)
    )
    monkeypatch.setattr(piper, "_loaded", {})
    path = tmp_path / "joe.onnx"
    path.write_bytes(b"a network")
    path.with_name("joe.onnx.json").write_text(json.dumps({}))
    return path


def test_lips_are_closed_on_every_bilabial(voice, monkeypatch):
    seen = []
    original = piper.PhonemeTrack
    monkeypatch.setattr(piper, "PhonemeTrack", lambda given: seen.extend(given) or original(given))
    said = piper.speak("Bob. Mama.", str(voice), 160)
    assert [one.symbol for one in seen if one.symbol] == ["b", "ɑ", "b", "m", "ɑ", "m", "ə"]
    times = [(round(one.start, 2), round(one.end, 2)) for one in seen if is_bilabial(one.symbol)]
    # The mark of stress belongs to the vowel after it, that of length to the one before.
    assert times == [(0.1, 0.2), (0.5, 0.6), (0.9, 1.0), (1.3, 1.4)]
    for begin, end in times:
        assert said.mouth((begin + end) / 2.0)[2] == pytest.approx(1.0)
    assert said.mouth(0.35)[0] > 0.5
    assert len(said.samples) == 17 * (RATE // 10)
    assert said.duration == pytest.approx(1.7, abs=0.01)


def test_without_times_the_mouth_follows_the_sound(voice, monkeypatch):
    monkeypatch.setattr(Voice, "timed", False)
    said = piper.speak("Bob. Mama.", str(voice), 160)
    assert said.mouth(0.8)[0] > 0.3
    assert said.mouth(0.8)[2] == 0.0


def test_the_speed_is_that_of_the_voice_changed(voice):
    piper.speak("Bob.", str(voice), 320)
    assert piper._loaded[voice].scale == pytest.approx(0.75)


def test_what_cannot_be_used_is_refused_with_the_remedy(voice, monkeypatch):
    with pytest.raises(SpeechError, match="nothing in the text that can be spoken"):
        piper.speak("...", str(voice), 160)
    voice.write_bytes(b"")
    piper._loaded.clear()
    with pytest.raises(SpeechError, match="no voice of piper that can be used: ModelProto"):
        piper.speak("Bob.", str(voice), 160)
    voice.with_name("joe.onnx.json").unlink()
    with pytest.raises(SpeechError, match=r"joe\.onnx\.json: No such file.*two files"):
        piper.speak("Bob.", str(voice), 160)
    with pytest.raises(SpeechError, match=r"cannot read .*gone\.onnx"):
        piper.speak("Bob.", str(voice.with_name("gone.onnx")), 160)
    monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(SpeechError, match="pip install piper-tts onnx"):
        piper.speak("Bob.", str(voice), 160)
