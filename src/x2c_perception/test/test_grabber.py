# SPDX-License-Identifier: Apache-2.0
"""Reading ahead, and cameras that come back."""

import re
import threading
from itertools import repeat

import numpy as np
import pytest

from x2c_core.sources.camera_source import CameraSource
from x2c_core.sources.source import SourceError
from x2c_perception.cameras.grabber import Backoff, Grabber

QUICK = Backoff(shortest=0.01, longest=0.04)


class Scripted(CameraSource):
    """Gives numbered images; an exception in the script is raised, None ends it."""

    def __init__(self, script, *, live=False):
        self.name = "scripted"
        self.is_live = live
        self.script = script
        self.opened = 0
        self.closed = 0
        self.reads = 0
        self.may_read = threading.Event()
        self.may_read.set()
        self._rest = iter(())

    def open(self):
        self.opened += 1
        self._rest = iter(self.script[min(self.opened, len(self.script)) - 1])

    def read(self):
        self.may_read.wait(150.0)
        self.reads += 1
        one = next(self._rest, None)
        if isinstance(one, Exception):
            raise one
        return None if one is None else np.full((2, 2, 3), one, np.uint8)

    def close(self):
        self.closed += 1

    @property
    def size(self):
        return 2, 2

    @property
    def rate(self):
        return 40.0


def take_all(grabber):
    values = []
    while not grabber.finished:
        grabbed = grabber.next(0.05)
        if grabbed is not None:
            values.append(int(grabbed.image[0, 0, 0]))
    return values


def test_a_file_is_read_whole_and_then_finished():
    source = Scripted([range(1, 20)])
    grabber = Grabber(source)
    assert take_all(grabber) == list(range(1, 20))
    assert grabber.finished
    assert not grabber.fault
    assert source.closed


def test_a_file_is_read_only_a_little_ahead(wait_until):
    source = Scripted([range(1, 100)])
    grabber = Grabber(source)
    wait_until(lambda: source.reads >= 3, what="the grabber to read ahead")
    assert source.reads <= 5
    assert grabber.stop()


def test_a_looping_file_starts_again():
    source = Scripted([(1, 2), (1, 2)])
    grabber = Grabber(source, loop=True)
    values = []
    while len(values) < 5:
        if grabbed := grabber.next(1.0):
            values.append(int(grabbed.image[0, 0, 0]))
    assert values == [1, 2, 1, 2, 1]
    assert grabber.stop()
    assert source.closed == source.opened


def test_a_looping_file_without_images_ends():
    assert take_all(Grabber(Scripted([()]), loop=True)) == []


def test_an_unreadable_image_of_a_file_is_told_and_passed_over():
    told = []
    grabber = Grabber(Scripted([(1, SourceError("bad one"), 3)]), complain=told.append)
    assert take_all(grabber) == [1, 3]
    assert told == ["bad one"]


def test_of_a_live_source_only_the_newest_image_is_kept(wait_until):
    source = Scripted([[*range(1, 11), SourceError("gone")]], live=True)
    grabber = Grabber(source, backoff=Backoff(shortest=60.0, longest=60.0))
    wait_until(lambda: grabber.fault, what="all to be read")
    newest = grabber.next(1.0)
    assert newest is not None
    assert newest.image[0, 0, 0] == 10
    assert grabber.next(0.01) is None
    assert grabber.stop()


def test_a_camera_that_vanishes_is_told_once_and_found_again(wait_until):
    told, found = [], []
    gone = SourceError("unplugged")
    source = Scripted([(1, gone), (gone,), (gone,), repeat(2)], live=True)
    grabber = Grabber(source, complain=told.append, found=lambda: found.append(1), backoff=QUICK)
    grabbed = wait_until(lambda: source.opened == 4 and grabber.next(1.0), what="its return")
    assert grabbed.image[0, 0, 0] in (1, 2)
    assert told[0] == "unplugged; trying again in 0.01 s"
    assert len(found) >= 4
    assert not grabber.finished
    assert grabber.stop()


def test_a_lost_camera_is_tried_at_growing_distances(wait_until):
    faults = []

    class Watched(Scripted):
        def open(self):
            super().open()
            if self.opened > 1:
                faults.append(grabber.fault)

    source = Watched([(SourceError("still gone"),)], live=True)
    source.may_read.clear()
    grabber = Grabber(source, backoff=QUICK)
    source.may_read.set()
    wait_until(lambda: len(faults) >= 4, what="four trials")
    assert [fault.partition("again in ")[2] for fault in faults[:4]] == [
        *("0.01 s", "0.02 s", "0.04 s", "0.04 s"),
    ]
    assert grabber.stop()


def test_a_driver_that_raises_anything_is_tried_again(wait_until):
    source = Scripted([(RuntimeError("driver"),), repeat(1)], live=True)
    grabber = Grabber(source, backoff=QUICK)
    assert wait_until(lambda: grabber.next(1.0), what="an image")
    assert grabber.stop()


def test_a_file_that_has_gone_meanwhile_ends_with_a_fault(wait_until):
    class Gone(Scripted):
        def open(self):
            raise SourceError("no such file")

    grabber = Grabber(Gone([()]))
    wait_until(lambda: grabber.finished, what="the end")
    assert grabber.fault == "no such file"


def test_a_source_that_is_stopped_has_not_finished():
    grabber = Grabber(Scripted([repeat(1)]), loop=True)
    assert grabber.next(150.0) is not None
    assert grabber.stop()
    while grabber.next(0.0) is not None:
        pass
    assert not grabber.finished


def test_stopping_does_not_wait_for_a_driver_for_ever():
    source = Scripted([repeat(1)], live=True)
    source.may_read.clear()
    grabber = Grabber(source)
    assert not grabber.stop(timeout=0.05)
    source.may_read.set()
    assert grabber.stop()


@pytest.mark.parametrize("live", [True, False])
def test_stopping_lets_go_of_the_source(live):
    source = Scripted([repeat(1)], live=live)
    grabber = Grabber(source)
    assert grabber.next(150.0) is not None
    assert grabber.stop()
    assert source.closed


class Odd(Scripted):
    """Gives what sources of other packages may give by mistake."""

    def __init__(self, image=None, **attributes):
        super().__init__([(1,)])
        self._image = image
        self.__dict__.update(attributes)

    def read(self):
        image = super().read()
        return image if image is None or self._image is None else self._image

    def close(self):
        super().close()
        if getattr(self, "stuck", False):
            raise OSError("stuck")

    @property
    def rate(self):
        return self.__dict__.get("odd_rate", 40.0)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            Odd(np.zeros((2, 2, 3))),
            r"shape \(2, 2, 3\) and type float64; expected \(height, width, 3",
        ),
        (Odd(np.zeros((2, 2), np.uint8)), r"shape \(2, 2\) and type uint8; expected"),
        (Odd("image"), "expected .* of type uint8"),
        (Odd(stamp=1.5), "gives the stamp 1.5; expected nanoseconds"),
        (Odd(stamp=-1), "gives the stamp -1; expected nanoseconds"),
        (Odd(age="young"), "unsupported operand"),
        (Odd(odd_rate="fast"), "could not convert string to float"),
    ],
)
def test_a_source_that_gives_no_images_ends_with_the_reason(source, reason):
    complaints = []
    grabber = Grabber(source, complain=complaints.append)
    assert take_all(grabber) == []
    assert re.search(reason, grabber.fault)
    assert complaints == [grabber.fault]
    assert source.closed


@pytest.mark.parametrize("rate", [-3.0, float("nan"), float("inf")])
def test_a_rate_that_cannot_be_is_none(rate):
    grabber = Grabber(Odd(odd_rate=rate))
    assert take_all(grabber) == [1]
    assert grabber.rate == 0.0


def test_a_source_that_cannot_be_closed_ends_all_the_same():
    complaints = []
    grabber = Grabber(Odd(stuck=True), complain=complaints.append)
    assert take_all(grabber) == [1]
    assert complaints == ["scripted cannot be closed: stuck"]
