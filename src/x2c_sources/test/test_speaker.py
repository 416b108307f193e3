# SPDX-License-Identifier: Apache-2.0
"""Texts of any kind, one after another, by the engine that the voice belongs to."""

import contextlib
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_sources.errors import SpeechError
from x2c_sources.speech.engines import espeak, piper, speaker
from x2c_sources.speech.engines.plain_text import LONGEST_PIECE, LONGEST_TEXT, pieces
from x2c_sources.speech.engines.speaker import MOST_WAITING, Speaker
from x2c_sources.speech.spoken_clip import SpokenClip
from x2c_sources.speech.utterance import utterance_of_samples

PATIENCE = 60.0


@pytest.fixture
def spoken(monkeypatch):
    """Names of engine and piece of all that is spoken; "unspeakable" cannot be."""
    said = []

    def engine(name):
        def speak(text, voice, words_per_minute):
            if "unspeakable" in text:
                raise SpeechError("cannot speak this")
            said.append((name, text))
            return utterance_of_samples(np.zeros(160), 16000)

        return speak

    monkeypatch.setattr(espeak, "speak", engine("espeak"))
    monkeypatch.setattr(piper, "speak", engine("piper"))
    return said


@pytest.fixture
def one():
    made = Speaker()
    yield made
    made.close()


@pytest.mark.parametrize("text", ["", "  \n ", "\0", "<speak></speak>", "<speak version='1.0'/>"])
def test_where_there_is_no_text_that_is_said(text):
    with pytest.raises(SpeechError, match="there is no text"):
        pieces(text)


def test_a_text_without_end_is_refused_and_a_long_one_taken():
    with pytest.raises(SpeechError, match=r"300,000 characters is longer than 200,000"):
        pieces("a" * 300_000)
    sentence = "All of this is said, piece by piece. "
    found = pieces(sentence * 2700)
    assert len(sentence) * 2700 > 99_000
    assert " ".join(found) == (sentence * 2700).strip()


@settings(max_examples=40)
@given(st.text("ab c.!?,\n。\0<>", max_size=1500))
def test_no_text_is_lost_and_no_piece_is_too_long(text):
    try:
        found = pieces(text)
    except SpeechError:
        assert not "".join(one for one in text if one.isalnum()) or "<speak" in text.lower()
        return
    assert all(0 < len(one) <= LONGEST_PIECE + 61 for one in found)
    if "<speak" not in text.lower():
        assert [c for c in "".join(found) if c.isalnum()] == [c for c in text if c.isalnum()]


@pytest.mark.parametrize("gap", [" ", "\t", " \t", "\n", "\n ", " \n", "\xa0", "\0", "\u2028"])
def test_a_gap_as_long_as_a_text_may_be_takes_no_time(gap):
    text = f"One. {gap * (LONGEST_TEXT // len(gap) - 20)}Two."
    begin = time.process_time()
    assert "".join(pieces(text)).split() == ["One.", "Two."]
    # Where each of the characters is compared with each of them, it takes a minute.
    assert time.process_time() - begin < 5.0


@settings(max_examples=40)
@given(st.text(st.characters(), max_size=200))
def test_every_piece_can_be_encoded(text):
    with contextlib.suppress(SpeechError):
        assert all(piece.encode() for piece in pieces(text))


def test_pieces_end_with_sentences_and_not_with_abbreviations():
    text = (
        "Mr. Smith lives in St. Albans, and he told Dr. Jones a rather long story. "
        "Is that so? Yes!\n\nThen he left, z.B. by train."
    )
    assert pieces(text) == [
        "Mr. Smith lives in St. Albans, and he told Dr. Jones a rather long story.",
        "Is that so? Yes! Then he left, z.B. by train.",
    ]
    assert len(pieces("word " * 500)) == 7
    assert len(pieces("x" * 1000)) == 3


def test_markup_of_ssml_is_left_out_and_other_text_is_not():
    ssml = (
        '<?xml version="1.0"?><speak version="1.1"><p>Tom &amp; <emphasis>Ann</emphasis>'
        '<break time="1s"/>sing.</p></speak>'
    )
    assert " ".join(pieces(ssml)[0].split()) == "Tom & Ann sing."
    assert pieces("1 < 2, 3 > 2 and I <3 you") == ["1 < 2, 3 > 2 and I <3 you"]


def test_texts_are_spoken_in_their_order_by_the_engine_of_the_voice(one, spoken):
    one.add("First.", "en-us", 160)
    one.add("Second.", "voices/joe.onnx", 160)
    assert one.waiting == 2
    assert one.next(PATIENCE) is not None
    assert one.next(PATIENCE) is not None
    assert (one.next(PATIENCE), one.waiting) == (None, 0)
    assert spoken == [("espeak", "First."), ("piper", "Second.")]


def test_the_next_piece_is_made_while_one_is_said_and_nobody_waits(one, monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(speaker, "speak", lambda *given: go.wait(PATIENCE))
    one.add("Wait.", "en-us", 160)
    assert one.next() is None
    go.set()
    assert one.next(PATIENCE) is True


def test_what_cannot_be_spoken_takes_only_its_own_text_along(one, spoken):
    one.add("This is unspeakable. " * 30, "en-us", 160)
    one.add("The next text.", "en-us", 160)
    with pytest.raises(SpeechError, match="cannot speak this"):
        one.next(PATIENCE)
    assert one.next(PATIENCE) is not None
    assert spoken == [("espeak", "The next text.")]
    with pytest.raises(SpeechError, match="there is no text"):
        one.add(" ", "en-us", 160)


def test_a_flood_of_texts_is_refused(one, spoken):
    for _ in range(MOST_WAITING):
        one.add("Again.", "en-us", 160)
    with pytest.raises(SpeechError, match="10 texts wait already"):
        one.add("Again.", "en-us", 160)
    one.clear()
    assert (one.waiting, one.next()) == (0, None)
    assert LONGEST_TEXT >= 100_000


def test_utterances_are_said_one_after_another_each_with_its_sound():
    said = [utterance_of_samples(np.full(8000, 0.1 * i), 16000) for i in (1, 2)]
    started = []
    clip = SpokenClip(iter(said), started.append, delay=0.1)
    assert clip.at(0.0) is not None
    assert started == said[:1]
    assert clip.at(said[0].duration + 0.05) is not None
    assert started == said[:1]
    second = said[0].duration + 0.15
    assert clip.at(second) is not None
    assert started == said
    assert clip.at(second + said[1].duration + 0.15) is None
