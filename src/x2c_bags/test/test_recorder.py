# SPDX-License-Identifier: Apache-2.0
"""What becomes of a recording whose disk or writer fails."""

import threading
from contextlib import suppress

import pytest

from x2c_bags import recorder as recorder_module
from x2c_bags.errors import BagError
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.recorder import BAG, PUBLICATION_CLOCK, Recorder
from x2c_bags.schema.topics import TOPICS, Part
from x2c_bags.writing.bag_file import BagFile
from x2c_bags.writing.bag_writer import BagWriter
from x2c_core.control_space.controls_table import FILE_NAME, ControlsTable
from x2c_core.files.whole_file import WholeFile

NAMES = {f"/{one.part.lstrip('/')}": one for one in TOPICS}


@pytest.fixture
def start(tmp_path):
    def make(**how):
        return Recorder(tmp_path / "out", NAMES, PUBLICATION_CLOCK, 0.01, False, **how)

    return make


@pytest.fixture
def put(messages):
    """Return a function that records some control values."""

    def send(recorder, first, count=3):
        for index in range(first, first + count):
            recorder.put(Part.CONTROLS, index, messages.of_frame(Part.CONTROLS, index, 1, (8, 8)))

    return send


def on_disk(folder):
    reader = BagReader(folder / "out" / BAG)
    return [one.time for one in reader.messages(["/control_values"])]


def test_what_was_put_is_there_after_close(start, put, tmp_path):
    recorder = start()
    put(recorder, 0)
    recorder.close()
    assert on_disk(tmp_path) == [0, 1, 2]
    assert len((tmp_path / "out" / FILE_NAME).read_text(encoding="utf-8").splitlines()) == 4
    assert (recorder.fault, recorder.lost) == ("", 0)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("odd")])
@pytest.mark.parametrize(
    ("owner", "method"),
    [
        *((BagWriter, "write"), (BagWriter, "flush"), (BagWriter, "close")),
        *((BagFile, "write"), (BagFile, "flush"), (BagFile, "close")),
        *((ControlsTable, "write"), (ControlsTable, "flush"), (ControlsTable, "close")),
        *((WholeFile, "commit"), (WholeFile, "close")),
    ],
)
def test_whatever_fails_a_recording_ends_and_says_so(
    start, put, tmp_path, wait_until, monkeypatch, owner, method, error
):
    recorder = start()
    put(recorder, 0)
    wait_until(lambda: len(on_disk(tmp_path)) == 3, what="the first messages on the disk")

    def fail(*_):
        raise error

    monkeypatch.setattr(owner, method, fail)
    put(recorder, 3)
    if method != "close":
        wait_until(lambda: recorder.fault, what="a fault")
    with suppress(BagError) if method != "close" else pytest.raises(BagError, match="finish"):
        recorder.close()
    assert recorder.fault
    assert on_disk(tmp_path)[:3] == [0, 1, 2]


def test_a_recording_whose_writer_has_ended_counts_what_comes(
    start, put, tmp_path, wait_until, monkeypatch
):
    recorder = start()
    put(recorder, 0)
    wait_until(lambda: len(on_disk(tmp_path)) == 3, what="the first messages on the disk")
    monkeypatch.setattr(BagWriter, "flush", lambda _: 1 / 0)
    wait_until(lambda: recorder.broken, what="the writer's end")
    put(recorder, 3)
    assert recorder.lost == 3
    assert "ZeroDivisionError" in recorder.fault
    with pytest.raises(BagError, match="recording has ended: ZeroDivisionError"):
        recorder.close()
    assert on_disk(tmp_path) == [0, 1, 2]


def test_a_full_queue_of_a_dead_writer_does_not_hold_up_its_end(start, put, monkeypatch):
    monkeypatch.setattr(recorder_module, "_QUEUE_LENGTH", 2)
    monkeypatch.setattr(Recorder, "_write_all", lambda _: 1 / 0)
    recorder = start()
    put(recorder, 0, 9)
    with pytest.raises(BagError, match="recording has ended"):
        recorder.close()
    assert recorder.lost == 9


def test_what_waits_for_a_slow_disk_is_bounded_by_its_size(start, put, wait_until, monkeypatch):
    go_on, wrote = threading.Event(), BagWriter.write

    def write_slowly(*arguments):
        assert go_on.wait(60.0)
        wrote(*arguments)

    monkeypatch.setattr(BagWriter, "write", write_slowly)
    monkeypatch.setattr(recorder_module, "_MOST_WAITING", 1000)
    recorder = start()
    put(recorder, 0, 20)
    taken = recorder.counts[Part.CONTROLS]
    assert 1 <= taken < 20
    assert recorder.dropped == 20 - taken
    go_on.set()
    wait_until(lambda: recorder._queue.empty(), what="the disk")
    recorder.put(Part.CONTROLS, 99, bytes(2000))
    assert recorder.counts[Part.CONTROLS] == taken
    recorder.close()


def test_a_disk_that_hangs_does_not_hold_up_the_end(start, put, wait_until, monkeypatch):
    monkeypatch.setattr(recorder_module, "_LONGEST_WRITE", 0.05)
    released, hangs = threading.Event(), threading.Event()

    def hang(*_):
        hangs.set()
        released.wait(60)

    recorder = start()
    monkeypatch.setattr(BagWriter, "write", hang)
    put(recorder, 0)
    wait_until(hangs.is_set, what="a write that hangs")
    with pytest.raises(BagError, match="has taken nothing for"):
        recorder.close()
    assert recorder.lost == 2
    released.set()
