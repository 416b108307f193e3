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
    assert piper._loaded[str(voice)].scale == pytest.approx(0.75)


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
    for name in ("~no such user/joe.onnx", "joe\0.onnx", "\udcff.onnx"):
        with pytest.raises(SpeechError, match=r"cannot read .*a voice of piper is two files"):
            piper.speak("Bob.", name, 160)
    monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(SpeechError, match="pip install piper-tts onnx"):
        piper.speak("Bob.", str(voice), 160)


def save_network(path):
    """Write a network with the inputs, outputs and durations of a voice, which only hums."""
    onnx = pytest.importorskip("onnx")
    make, kinds = onnx.helper, onnx.TensorProto
    constants = {
        "nothing": np.float32(0.0),
        "length": np.float32(3.0),
        "which": np.int64(1),
        "hop": np.float32(256.0),
        "hum": np.full((1, 1, 1, 1), 0.1, dtype=np.float32),
        "ones": np.ones(3, dtype=np.int64),
        "flat": np.array([-1], dtype=np.int64),
    }
    nodes = [
        make.make_node("Cast", ["input"], ["ids"], to=kinds.FLOAT),
        make.make_node("Mul", ["ids", "nothing"], ["zeros"]),
        make.make_node("Gather", ["scales", "which"], ["scale"], axis=0),
        make.make_node("Mul", ["length", "scale"], ["each"]),
        make.make_node("Add", ["zeros", "each"], ["durations"]),
        make.make_node("Ceil", ["durations"], ["w_ceil"]),
        make.make_node("ReduceSum", ["w_ceil"], ["sum"], keepdims=0),
        make.make_node("Mul", ["sum", "hop"], ["samples"]),
        make.make_node("Cast", ["samples"], ["count"], to=kinds.INT64),
        make.make_node("Reshape", ["count", "flat"], ["counts"]),
        make.make_node("Concat", ["ones", "counts"], ["shape"], axis=0),
        make.make_node("Expand", ["hum", "shape"], ["output"]),
    ]
    graph = make.make_graph(
        nodes,
        "hum",
        [
            make.make_tensor_value_info("input", kinds.INT64, ["batch", "phonemes"]),
            make.make_tensor_value_info("input_lengths", kinds.INT64, ["batch"]),
            make.make_tensor_value_info("scales", kinds.FLOAT, [3]),
        ],
        [make.make_tensor_value_info("output", kinds.FLOAT, ["batch", 1, 1, "time"])],
        [onnx.numpy_helper.from_array(np.asarray(one), name) for name, one in constants.items()],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 15)])
    model.ir_version = 8
    onnx.save(model, path)


def test_piper_itself_times_the_phonemes_of_a_network(tmp_path, monkeypatch):
    pytest.importorskip("piper", reason="piper is under the GPL: pip install piper-tts")
    from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

    monkeypatch.setattr(piper, "_loaded", {})
    path = tmp_path / "hum.onnx"
    save_network(path)
    described = {
        "audio": {"sample_rate": RATE},
        "espeak": {"voice": "en-us"},
        "num_symbols": 256,
        "num_speakers": 1,
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
    }
    path.with_name("hum.onnx.json").write_text(json.dumps(described))
    seen = []
    original = piper.PhonemeTrack
    monkeypatch.setattr(piper, "PhonemeTrack", lambda given: seen.extend(given) or original(given))
    said = piper.speak("Bob buys maps, please. Mama might bump a big plum.", str(path), 160)
    bilabials = [one for one in seen if is_bilabial(one.symbol)]
    assert len(bilabials) == 15
    for one in bilabials:
        assert said.mouth((one.start + one.end) / 2.0)[2] == pytest.approx(1.0), one
    assert seen[-1].end == pytest.approx(len(said.samples) / RATE, abs=0.01)
    slow = piper.speak("Bob buys maps, please. Mama might bump a big plum.", str(path), 80)
    assert len(slow.samples) == 2 * len(said.samples)
