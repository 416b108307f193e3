# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF001 - letters of the International Phonetic Alphabet
"""The mouth of a robot that speaks: from phonemes, and from sound."""

import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_sources.errors import SpeechError
from x2c_sources.speech.audio_mouth import HOP, RATE, AudioMouth, loudest
from x2c_sources.speech.engines import espeak
from x2c_sources.speech.mouth_shapes import MOUTH, MouthShape, mouth_layer
from x2c_sources.speech.phoneme_track import PhonemeTrack, TimedPhoneme
from x2c_sources.speech.sound import from_bytes, read_sound, wav
from x2c_sources.speech.utterance import utterance_of_file, utterance_of_samples
from x2c_sources.speech.visemes import BILABIALS, is_bilabial, mouth_shapes

SOUNDS = [
    "b",
    "ph",
    "pf",
    "kp",
    "ˈɑː",
    "m",
    "ˈaɪ",
    "z",
    "p",
    "s",
    "iː",
    "",
    "tʃ",
    "uː",
    "f",
    "ʔ",
    "w",
]


def timed(symbols, lengths):
    ends = np.cumsum(lengths)
    starts = ends - np.asarray(lengths)
    return [TimedPhoneme(*one) for one in zip(starts, ends, symbols, strict=True)]


def lips_closed(amounts):
    deflection = controls.to_deflection(mouth_layer(amounts).values)
    names = dict(zip(controls.NAMES, deflection, strict=True))
    opening = [names["Jaw Pitch"], -names["Lip Bottom Depress Middle"]]
    return min([*opening, -names["Lip Top Raise Middle"]]) >= -1e-6


def closure(phoneme):
    """Return the middle of the time in which the lips are to be closed."""
    shapes = mouth_shapes(phoneme.symbol)
    share = (shapes.index(MouthShape(pressed=1.0)) + 0.5) / len(shapes)
    return phoneme.start + share * (phoneme.end - phoneme.start)


@given(st.lists(st.tuples(st.sampled_from(SOUNDS), st.floats(0.02, 0.4)), min_size=1, max_size=30))
def test_lips_are_closed_on_every_bilabial(sounds):
    phonemes = timed(*zip(*sounds, strict=True))
    track = PhonemeTrack(phonemes)
    for one in phonemes:
        if is_bilabial(one.symbol):
            # Keys that meet move by a millisecond each.
            assert lips_closed(track.at(closure(one))), one
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


def test_a_list_of_files_is_no_sound(tmp_path):
    (tmp_path / "other.wav").write_bytes(wav(syllables(0.5)[0], RATE))
    listed = tmp_path / "said.wav"
    listed.write_text("ffconcat version 1.0\nfile other.wav\n")
    with pytest.raises(SpeechError, match=r"said\.wav: expected a sound"):
        read_sound(listed)


def test_a_file_whose_tags_are_no_utf_8_is_said(tmp_path):
    sound = wav(syllables(0.5)[0], RATE)
    artist = b"INFOIART\x07\0\0\0M\xfcller\0\0"
    tagged = sound + b"LIST" + len(artist).to_bytes(4, "little") + artist
    path = tmp_path / "said.wav"
    path.write_bytes(b"RIFF" + (len(tagged) - 8).to_bytes(4, "little") + tagged[8:])
    assert len(read_sound(path)) == 0.5 * RATE


def test_samples_of_a_message_are_sound():
    assert from_bytes(b"\x00\x40\x00\xc0\x00").tolist() == [0.5, -0.5]


def test_without_espeak_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(espeak, "_loaded", [])
    monkeypatch.setattr(espeak.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setitem(espeak.__dict__["importlib"].sys.modules, "espeakng_loader", None)
    with pytest.raises(SpeechError, match="apt install espeak-ng"):
        espeak.speak("hello", "en-us", 160)


LANGUAGES = {
    "en-us": "Bob buys maps, please. Mama might bump a big plum.",
    "de": "Papa backt Apfelkuchen. Bald kommt mein Opa, bitte warte im Park am Baum.",
    "fr": "Papa boit une bonne bière. Maman prépare un beau poisson pour un ami.",
    "es": "Mi mamá compra un buen pan. Papá sube por un camino bonito a la montaña.",
    "it": "Il bambino beve un bicchiere. La mamma prepara un piatto per il papà.",
    "pl": "Mama pije kompot. Babcia bardzo lubi małe psy i pomarańcze.",
    "pt-br": "Papai bebe um copo. Mamãe prepara um bom bolo para o bebê.",
    "tr": "Babam bize pide yapıyor. Bu masa pek büyük, ama ben beğendim.",
    "ru": "Папа покупает большой арбуз. Мама любит белые пионы.",
    "cmn": "爸爸不怕冷。妈妈买苹果和面包。",
}


@pytest.mark.parametrize("voice", LANGUAGES)
def test_espeak_closes_the_lips_on_every_bilabial(monkeypatch, voice):
    seen = []
    original = espeak.PhonemeTrack
    monkeypatch.setattr(
        espeak, "PhonemeTrack", lambda given: seen.extend(given) or original(given)
    )
    try:
        said = espeak.speak(LANGUAGES[voice], voice, 160)
    except SpeechError as error:
        pytest.skip(str(error))
    bilabials = [one for one in seen if is_bilabial(one.symbol)]
    assert len(bilabials) >= 5
    for one in bilabials:
        assert lips_closed(said.mouth(closure(one))), one
    assert len(said.samples) > said.rate
    times = np.arange(0.0, said.duration, 0.02)
    assert max(said.mouth(time)[0] for time in times) > 0.6
    assert 0.2 < np.max([said.gestures(time) for time in times]) <= 1.0


@pytest.mark.parametrize("voice", ["nowhere", "", "\N{SNOWMAN}", "\udcff", "x" * 10000])
def test_a_voice_that_espeak_has_not_is_refused(voice):
    try:
        espeak.speak("hello", "en-us", 160)
    except SpeechError as error:
        pytest.skip(str(error))
    with pytest.raises(SpeechError, match="no voice"):
        espeak.speak("hello", voice, 160)


@pytest.mark.parametrize("kind", ["silence", "clipped", "NaN", "constant"])
def test_sound_of_any_kind_gives_a_mouth_and_gestures_in_their_range(kind):
    loud = np.random.default_rng(1).normal(size=RATE)
    sounds = {
        "silence": np.zeros(RATE),
        "clipped": np.clip(1e3 * loud, -1.0, 1.0),
        "NaN": np.where(loud > 1.0, np.nan, loud),
        "constant": np.full(RATE, 0.7),
    }
    for rate in (8000, RATE, 44100):
        said = utterance_of_samples(sounds[kind], rate)
        for time in np.arange(-0.2, said.duration + 1.5, 0.1):
            amounts = np.concatenate([said.mouth(time), said.gestures(time)])
            assert np.isfinite(amounts).all()
            assert np.abs(amounts).max() <= 1.0
    assert len(utterance_of_samples(np.zeros(0), 22050).gestures(0.0)) == 2


def test_a_file_in_stereo_at_8_khz_is_said_as_one_in_mono(tmp_path):
    sound, _ = syllables(2.0)
    found = []
    for name, channels in (("mono", 1), ("stereo", 2)):
        path = tmp_path / f"{name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((channels, 2, 8000, 0, "NONE", ""))
            samples = np.repeat((sound[::2] * 32767.0).astype("<i2")[:, None], channels, axis=1)
            file.writeframes(samples.tobytes())
        said = utterance_of_file(path)
        found.append([said.mouth(time)[0] for time in np.arange(0.0, 2.0, 0.02)])
    assert max(found[0]) > 0.5
    assert found[0] == pytest.approx(found[1], abs=0.05)
