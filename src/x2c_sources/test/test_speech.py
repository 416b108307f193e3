# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF001 - letters of the International Phonetic Alphabet
"""The mouth of a robot that speaks: from phonemes, and from sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_sources.errors import SpeechError
from x2c_sources.speech import espeak
from x2c_sources.speech.audio_mouth import HOP, RATE, AudioMouth, loudest
from x2c_sources.speech.mouth_shapes import MOUTH, MouthShape, mouth_layer
from x2c_sources.speech.phoneme_track import PhonemeTrack, TimedPhoneme
from x2c_sources.speech.sound import from_bytes, read_sound, wav
from x2c_sources.speech.utterance import utterance_of_file
from x2c_sources.speech.visemes import BILABIALS, is_bilabial, mouth_shapes

SOUNDS = ["b", "ˈɑː", "m", "ˈaɪ", "z", "p", "s", "iː", "", "tʃ", "uː", "f", "ʔ", "w"]


def timed(symbols, lengths):
    ends = np.cumsum(lengths)
    starts = ends - np.asarray(lengths)
    return [TimedPhoneme(*one) for one in zip(starts, ends, symbols, strict=True)]


def lips_closed(amounts):
    deflection = controls.to_deflection(mouth_layer(amounts).values)
    names = dict(zip(controls.NAMES, deflection, strict=True))
    opening = [names["Jaw Pitch"], -names["Lip Bottom Depress Middle"]]
    return min([*opening, -names["Lip Top Raise Middle"]]) >= -1e-6


@given(st.lists(st.tuples(st.sampled_from(SOUNDS), st.floats(0.02, 0.4)), min_size=1, max_size=30))
def test_lips_are_closed_on_every_bilabial(sounds):
    phonemes = timed(*zip(*sounds, strict=True))
    track = PhonemeTrack(phonemes)
    for one in phonemes:
        if is_bilabial(one.symbol):
            # Keys that meet move by a millisecond each.
            middle = (one.start + one.end) / 2.0
            assert lips_closed(track.at(middle)), one
    times = np.arange(-0.1, track.duration + 0.2, 0.005)
    shapes = np.array([track.at(time) for time in times])
    assert (shapes[[0, -1]] == 0.0).all()
    assert shapes[:, [0, 2, 3]].min() >= 0.0
    assert np.abs(shapes).max() <= 1.0


def test_vowels_open_the_mouth_and_shape_the_lips():
    (wide,), (round_,), (open_,) = (mouth_shapes(one) for one in ("iː", "uː", "ɑː"))
    assert wide.width > 0.5 > 0.0 > round_.width
    assert open_.opening > 2.0 * wide.opening
    assert len(mouth_shapes("ˈaɪ")) == 2
    assert mouth_shapes("") == mouth_shapes("ˈː") == [MouthShape()]
    assert all(mouth_shapes(one)[0].pressed == 1.0 for one in BILABIALS)


def test_speech_moves_the_mouth_only():
    layer = mouth_layer(MouthShape(1.0, 1.0).amounts)
    assert (layer.mask == MOUTH).all()
    assert controls.to_deflection(layer.values)[MOUTH == 0.0] == pytest.approx(0.0)
    calm = mouth_layer(MouthShape(1.0, 1.0).amounts, strength=0.0)
    assert calm.values == pytest.approx(controls.NEUTRAL)


@given(st.lists(st.floats(-3.0, 3.0), min_size=4, max_size=4), st.floats(0.0, 2.0))
def test_any_amounts_give_values_in_their_range(amounts, strength):
    values = mouth_layer(np.array(amounts), strength).values
    assert (values >= controls.MINIMUM - 1e-9).all()
    assert (values <= controls.MAXIMUM + 1e-9).all()


def syllables(seconds=4.0, rate=3.0):
    """Return sound like syllables, and how loud it is."""
    time = np.arange(int(seconds * RATE)) / RATE
    loud = np.clip(np.sin(2.0 * np.pi * rate * time), 0.0, 1.0)
    noise = np.random.default_rng(1).normal(size=len(time))
    return 0.2 * loud * noise + 1e-4 * noise, loud


def test_the_mouth_follows_the_sound():
    sound, loud = syllables()
    opening = AudioMouth(loudest(sound)).feed(sound)[:, 0]
    later = round(0.06 * RATE / HOP)
    expected = loud[HOP - 1 :: HOP]
    assert np.corrcoef(opening[later:], expected[:-later])[0, 1] > 0.85
    assert opening.max() > 0.8
    assert AudioMouth().feed(np.zeros(RATE)).max() == 0.0


def test_sound_in_pieces_moves_the_mouth_as_in_one():
    sound, _ = syllables(1.0)
    whole = AudioMouth().feed(sound)
    pieces = AudioMouth()
    parts = np.split(sound, [1, 7, 300, 301, 5000, 11111])
    assert np.concatenate([pieces.feed(part) for part in parts]) == pytest.approx(whole)


def test_a_hiss_does_not_keep_the_mouth_open():
    hiss = np.random.default_rng(2).normal(size=6 * RATE) * 0.02
    assert AudioMouth().feed(hiss)[300:, 0].max() < 0.2


def test_a_file_of_sound_is_said(tmp_path):
    sound, loud = syllables(2.0)
    path = tmp_path / "said.wav"
    path.write_bytes(wav(sound, RATE))
    assert read_sound(path) == pytest.approx(sound, abs=1e-3)
    said = utterance_of_file(path)
    times = np.arange(0.0, 2.0, 0.02)
    opening = [said.mouth(time)[0] for time in times]
    assert np.corrcoef(opening, loud[(times * RATE).astype(int)])[0, 1] > 0.85
    assert said.mouth(said.duration + 1.0) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all"])
def test_what_is_no_sound_is_refused(tmp_path, content):
    path = tmp_path / "said.wav"
    with pytest.raises(SpeechError, match="cannot read"):
        read_sound(path)
    path.write_bytes(content)
    with pytest.raises(SpeechError, match=r"said\.wav"):
        read_sound(path)


def test_samples_of_a_message_are_sound():
    assert from_bytes(b"\x00\x40\x00\xc0\x00").tolist() == [0.5, -0.5]


@pytest.mark.parametrize("text", ["", "  ", "a\0b", "a" * 3000])
def test_texts_that_cannot_be_spoken_are_refused(text):
    with pytest.raises(SpeechError):
        espeak.speak(text)


def test_without_espeak_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(espeak, "_loaded", [])
    monkeypatch.setattr(espeak.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setitem(espeak.__dict__["importlib"].sys.modules, "espeakng_loader", None)
    with pytest.raises(SpeechError, match="apt install espeak-ng"):
        espeak.speak("hello")


def test_espeak_closes_the_lips_on_every_bilabial(monkeypatch):
    seen = []
    original = espeak.PhonemeTrack
    monkeypatch.setattr(
        espeak, "PhonemeTrack", lambda given: seen.extend(given) or original(given)
    )
    try:
        said = espeak.speak("Bob buys maps, please. Mama might bump a big plum.")
    except SpeechError as error:
        pytest.skip(str(error))
    bilabials = [one for one in seen if is_bilabial(one.symbol)]
    assert len(bilabials) >= 14
    for one in bilabials:
        assert lips_closed(said.mouth((one.start + one.end) / 2.0)), one
    assert len(said.samples) > said.rate
    assert max(said.mouth(time)[0] for time in np.arange(0.0, said.duration, 0.02)) > 0.6
    with pytest.raises(SpeechError, match="no voice 'nowhere'"):
        espeak.speak("hello", voice="nowhere")
