# SPDX-License-Identifier: Apache-2.0
"""A microphone that is missing, comes, falls silent and comes back; sounddevice is played."""

import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from x2c_node.supervision.supervisor import Supervisor
from x2c_sources.speech.audio_mouth import RATE
from x2c_sources.speech.live_sound import LONGEST, LiveSound
from x2c_sources.speech.microphone import Microphone

HARDWARE_RATE = 48000
SILENT = "x2c_sources.speech.microphone._SILENT"


class PortAudioError(Exception):
    """The error of sounddevice."""


class Stream:
    """An input stream whose callback gets a tone in blocks, until its device is unplugged."""

    def __init__(
        self, sound, *, samplerate, blocksize, device, channels, dtype, latency, callback
    ):
        assert (dtype, latency) == ("int16", "low")
        self.latency = 0.012
        self._sound, self._callback = sound, callback
        self._size, self._channels = blocksize, channels
        self._thread = threading.Thread(target=self._run)
        self._ended = threading.Event()

    def start(self):
        if not self._sound.plugged:
            raise PortAudioError("Error starting stream: device unavailable")
        self._thread.start()

    def _run(self):
        phase = 0
        while not self._ended.wait(0.002):
            if not self._sound.plugged:
                # As PortAudio does on ALSA: nothing more comes, and nothing is said.
                continue
            wave = np.sin(0.06 * (phase + np.arange(self._size))) * 8000.0
            phase += self._size
            block = np.repeat(wave.astype(np.int16)[:, None], self._channels, axis=1)
            self._callback(block, self._size, None, None)

    def abort(self, ignore_errors):
        self._ended.set()

    def close(self, ignore_errors):
        if self._thread.ident:
            self._thread.join(10.0)


class Sound:
    """What sounddevice offers of a machine with one microphone, or with none."""

    PortAudioError = PortAudioError

    def __init__(self, channels=2):
        self.plugged = True
        self.begun = 0
        self._channels = channels

    def _terminate(self):
        pass

    def _initialize(self):
        self.begun += 1

    def query_devices(self, device=None, kind=None):
        speaker = {"name": "speaker", "index": 0, "max_input_channels": 0}
        there = {
            "name": "USB microphone",
            "index": 1,
            "max_input_channels": self._channels,
            "default_samplerate": float(HARDWARE_RATE),
        }
        if kind is None:
            return [speaker, there] if self.plugged else [speaker]
        if not self.plugged or device not in (None, 1, "USB"):
            raise ValueError(f"No input device matching {device!r}")
        return there

    def InputStream(self, **given):  # noqa: N802 - the name of sounddevice
        return Stream(self, **given)


@pytest.fixture
def sound(monkeypatch):
    made = Sound()
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    # A thread of the test that has to wait for its turn is no microphone that falls silent.
    monkeypatch.setattr(SILENT, 60.0)
    monkeypatch.setattr("x2c_sources.speech.microphone._PAUSES", (0.05, 0.1))
    return made


@pytest.fixture
def listen():
    """Start a microphone; return it, what it hands on and what it says."""
    running = []

    def start(device="default"):
        heard, said = [], []
        running.append(Microphone(device, heard.append, said.append))
        return running[-1], heard, said

    yield start
    for one in running:
        one.stop()
        assert not one._thread.is_alive()


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("device", ["default", "USB", "1"])
def test_sound_is_handed_on_at_16_khz(sound, listen, wait_until, device, channels):
    sound._channels = channels
    microphone, heard, said = listen(device)
    wait_until(lambda: sum(map(len, heard)) > RATE // 5, what="sound")
    assert (microphone.fault, said) == ("", [])
    assert microphone.latency == pytest.approx(0.012)
    whole = np.concatenate(heard)[1000:3000]
    assert np.abs(whole).max() == pytest.approx(8000.0 / 32768.0, abs=0.02)
    crossings = np.count_nonzero(np.diff(np.sign(whole)) > 0)
    wanted = 0.06 / (2.0 * np.pi) * HARDWARE_RATE * len(whole) / RATE
    assert crossings == pytest.approx(wanted, abs=2)


def test_it_is_told_once_and_comes_back_when_unplugged(sound, listen, wait_until, monkeypatch):
    microphone, heard, said = listen()
    wait_until(lambda: heard, what="sound")
    monkeypatch.setattr(SILENT, 0.3)
    count = len(heard)
    wait_until(lambda: len(heard) > count + 1, what="a block that is waited for so long")
    sound.plugged = False
    wait_until(lambda: said and sound.begun > 4, what="attempts")
    assert len(said) == 1
    assert "no sound for 0.3 s: is it unplugged?" in said[0]
    assert "the system has no microphone" in microphone.fault
    assert microphone.latency == 0.0
    monkeypatch.setattr(SILENT, 60.0)
    count = len(heard)
    sound.plugged = True
    wait_until(lambda: len(heard) > count and not microphone.fault, what="sound again")
    assert len(said) == 1


def test_a_name_that_is_not_there_is_told_with_those_that_are(sound, listen, wait_until):
    _, _, said = listen("studio")
    wait_until(lambda: said, what="the sentence")
    assert "microphone studio: No input device matching 'studio'" in said[0]
    assert "there are: USB microphone" in said[0]


@pytest.mark.parametrize("error", [None, OSError("PortAudio library not found")])
def test_without_the_library_it_says_how_to_get_it(monkeypatch, listen, wait_until, error):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    if error is not None:

        def fail(name):
            raise error

        module = SimpleNamespace(import_module=fail)
        monkeypatch.setattr("x2c_sources.speech.microphone.importlib", module)
    _, _, said = listen()
    wait_until(lambda: said, what="the sentence")
    assert "apt install libportaudio2" in said[0]
    assert ("PortAudio library not found" in said[0]) == (error is not None)


def test_a_listener_that_fails_does_not_end_it(sound, wait_until):
    calls, said = [], []

    def take(samples):
        calls.append(len(samples))
        if len(calls) == 2:
            raise RuntimeError("too loud")

    microphone = Microphone("default", take, said.append)
    wait_until(lambda: len(calls) > 4, what="sound again")
    microphone.stop()
    assert "too loud" in said[0]


def test_a_listener_that_ends_its_thread_is_a_fault_of_the_process(sound, wait_until):
    supervisor = Supervisor()

    def take(samples):
        raise SystemExit

    pulse = supervisor.pulse("microphone")
    microphone = Microphone("default", take, [].append, pulse)
    wait_until(lambda: supervisor.fault, what="the fault")
    microphone.stop()
    assert supervisor.fault == "thread microphone has died: SystemExit"


NOISE = np.random.default_rng(1).normal(size=RATE) * 0.2


def test_live_sound_opens_the_mouth_whatever_it_is():
    live = LiveSound(1.0)
    assert live.at(0.0) == (None, None)
    for bad in (NOISE, NOISE * 1e30, np.full(RATE, np.nan), np.full(RATE, np.inf), NOISE):
        live.feed(bad, 1.0)
        shapes = [live.at(1.0 + 0.02 * i) for i in range(40)]
        found = [amounts for pair in shapes for amounts in pair if amounts is not None]
        assert np.isfinite(np.concatenate(found)).all()
    assert max(mouth[0] for mouth, _ in shapes if mouth is not None) > 0.3


def test_sound_that_stops_in_the_middle_of_a_word_lets_the_mouth_go():
    live = LiveSound(0.3)
    for begin in (0.0, 5.0):
        live.feed(NOISE[: RATE // 2], begin)
        shapes = [live.at(begin + 0.1)[0] for _ in range(60)]
        assert shapes[-1] is not None
        assert live.at(begin + 0.5 + 0.4) == (None, None)


@pytest.mark.parametrize(("seconds", "until"), [(3.0, 3.0), (LONGEST + 5.0, LONGEST)])
def test_a_block_of_any_length_is_played_out_to_its_end_or_the_longest(seconds, until):
    live, loud = LiveSound(0.3), round(0.8 * RATE)
    sound = np.zeros(round(seconds * RATE))
    for begin in range(0, len(sound) - loud, RATE):
        sound[begin : begin + loud] = NOISE[:loud]
    live.feed(sound, 5.0)
    for time in np.arange(0.0, seconds + 1.0, 0.02).tolist():
        mouth, _ = live.at(5.0 + time)
        if time < until and 0.15 < time % 1.0 < 0.8:
            assert mouth is not None, time
            assert mouth[0] > 0.3, time
        if time > until + 0.3:
            assert mouth is None, time


def test_a_microphone_in_a_silent_room_leaves_the_mouth_to_others():
    live, hop = LiveSound(0.3), RATE // 100
    hiss = 1e-3 * np.random.default_rng(2).normal(size=10 * RATE)
    hiss[4 * RATE : 5 * RATE] += NOISE
    taken = []
    for i in range(1000):
        live.feed(hiss[i * hop : (i + 1) * hop], i / 100.0)
        taken.append(live.at(i / 100.0)[0] is not None)
    assert not any(taken[100:400])
    assert all(taken[410:500])
    assert not any(taken[570:])


@pytest.mark.parametrize("rate", [10.0, 40.0, 60.0, 70.0, 100.0, 200.0])
@pytest.mark.parametrize("block", [0.01, 0.1])
def test_the_mouth_does_not_lag_behind_a_microphone(rate, block):
    live = LiveSound(0.3)
    sound = np.concatenate([np.zeros(RATE), NOISE, np.zeros(RATE), NOISE[: RATE // 2]])
    size, fed, opened = round(block * RATE), 0, []
    for time in np.arange(0.0, len(sound) / RATE, 1.0 / rate).tolist():
        while (fed + size) / RATE <= time:
            live.feed(sound[fed : fed + size], (fed + size) / RATE)
            fed += size
        # Nobody asks for the mouth while a text is spoken.
        if time < 1.0 or time > 2.5:
            mouth, _ = live.at(time)
            opened.append((time, mouth is not None and mouth[0] > 0.3))
    late = block + 0.15 + 1.0 / rate
    assert not any(is_open for time, is_open in opened if time < 3.0)
    assert all(is_open for time, is_open in opened if time > 3.0 + late)
