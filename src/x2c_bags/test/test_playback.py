# SPDX-License-Identifier: Apache-2.0
import threading

from x2c_bags.errors import BagError
from x2c_bags.reading.storage import Channel, RawMessage
from x2c_bags.replay.playback import Playback

IMAGE = Channel("/image", "sensor_msgs/msg/Image")
MS = 1_000_000


def message(milliseconds):
    return RawMessage(IMAGE, milliseconds * MS, b"")


class Player:
    """Plays and keeps what came."""

    def __init__(self, messages, stop_after=None, refuse=(), **options):
        self.played, self.times, self.failures = [], [], []
        self.over = threading.Event()
        self._refuse = refuse
        self._stop_after = stop_after
        self.playback = Playback(
            lambda: iter(messages()),
            self._deliver,
            lambda time: self.times.append(time // MS),
            lambda error: self.failures.append(str(error)),
            self.over.set,
            **options,
        )

    def _deliver(self, one):
        self.played.append(one.time // MS)
        if self._stop_after and len(self.played) >= self._stop_after:
            self.over.set()
        if one.time // MS in self._refuse:
            raise BagError(f"not {one.time // MS}")

    def to_end(self):
        assert self.over.wait(60.0)
        self.playback.stop()
        return self


def test_every_message_is_played_once_and_then_it_is_over():
    player = Player(lambda: [message(t) for t in (5, 10, 40)], rate=2.0).to_end()
    assert player.played == [5, 10, 40]
    assert player.playback.finished
    assert player.times == sorted(player.times)
    assert (player.times[0], player.times[-1]) == (5, 40)


def test_in_a_loop_messages_and_time_begin_anew():
    player = Player(lambda: [message(t) for t in (5, 10)], stop_after=5, loop=True).to_end()
    assert player.played[:5] == [5, 10, 5, 10, 5]
    assert not player.playback.finished
    assert player.playback.jumps == 0


def test_time_goes_on_while_no_message_is_due(wait_until):
    player = Player(lambda: [message(0), message(9_000)])
    wait_until(lambda: len(player.times) > 4, what="time that goes on")
    player.playback.stop()
    assert player.times == sorted(player.times)
    assert player.played == [0]


def test_what_cannot_be_dealt_with_is_told_and_the_next_is_played():
    player = Player(lambda: [message(t) for t in (1, 2, 3)], refuse=(2,)).to_end()
    assert player.played == [1, 2, 3]
    assert player.failures == ["not 2"]


def test_a_bag_that_breaks_off_is_played_up_to_there():
    def messages():
        yield message(1)
        raise BagError("torn")

    player = Player(messages).to_end()
    assert player.played == [1]
    assert player.failures == ["torn"]
    assert player.playback.finished


def test_an_empty_bag_ends_even_in_a_loop():
    assert Player(list, loop=True).to_end().playback.finished


def test_nothing_is_played_before_somebody_is_ready():
    ready = threading.Event()
    player = Player(lambda: [message(1)], ready=ready.is_set)
    assert not player.over.wait(0.1)
    assert player.played == []
    ready.set()
    assert player.to_end().played == [1]


def test_backward_and_zero_times_are_played_at_once():
    times = (5000, 5010, 0, 3, 1_000_000, 1_000_001)
    player = Player(lambda: [message(t) for t in times]).to_end()
    assert tuple(player.played) == times
    assert player.playback.jumps == 2
