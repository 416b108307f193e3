# SPDX-License-Identifier: Apache-2.0
"""Sticky choice among several people."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_perception.tracking.person_selector import Box, PersonSelector


def box(x, y=100.0, size=80.0):
    return Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2)


BOXES = st.lists(
    st.builds(box, st.floats(0, 640), st.floats(0, 480), st.floats(1, 300)), max_size=4
)


def test_the_first_choice_is_the_largest_face():
    selector = PersonSelector()
    assert selector.choose([box(100, size=50), box(300, size=90), box(500, size=70)], 0.0) == 1
    assert selector.track_id == 0


def test_nobody_is_chosen_where_nobody_is():
    selector = PersonSelector()
    assert selector.choose([], 0.0) is None
    assert selector.track_id == -1


def test_a_larger_face_that_comes_later_is_not_taken():
    selector = PersonSelector()
    selector.choose([box(100)], 0.0)
    assert selector.choose([box(400, size=300), box(105)], 0.1) == 1
    assert selector.track_id == 0


def test_the_order_of_the_faces_does_not_matter():
    selector = PersonSelector()
    selector.choose([box(100), box(400, size=60)], 0.0)
    assert selector.choose([box(400, size=60), box(102)], 0.1) == 1
    assert selector.choose([box(104), box(400, size=60)], 0.2) == 0


def test_a_person_who_moves_is_followed():
    selector = PersonSelector()
    for step in range(30):
        chosen = selector.choose([box(100 + 15 * step), box(560 - 15 * step, y=400)], 0.03 * step)
        assert chosen == 0
    assert selector.track_id == 0


def test_another_person_is_not_taken_while_the_first_may_come_back():
    selector = PersonSelector(patience=1.0)
    selector.choose([box(100)], 0.0)
    assert selector.choose([box(500)], 0.5) is None
    assert selector.choose([box(500)], 1.0) is None
    assert selector.track_id == 0


def test_another_person_is_taken_when_the_first_has_been_gone_for_long():
    selector = PersonSelector(patience=1.0)
    selector.choose([box(100)], 0.0)
    assert selector.choose([box(500), box(300, size=120)], 1.1) == 1
    assert selector.track_id == 1


def test_a_person_who_is_back_in_time_at_about_the_same_place_keeps_the_id():
    selector = PersonSelector(patience=1.0)
    selector.choose([box(100)], 0.0)
    assert selector.choose([], 0.5) is None
    assert selector.choose([box(135)], 0.9) == 0
    assert selector.track_id == 0


def test_a_person_who_is_back_too_late_is_a_new_one():
    selector = PersonSelector(patience=1.0)
    selector.choose([box(100)], 0.0)
    assert selector.choose([box(100)], 5.0) == 0
    assert selector.track_id == 1


def test_a_face_of_quite_another_size_at_the_same_place_is_another_person():
    selector = PersonSelector()
    selector.choose([box(100, size=200)], 0.0)
    assert selector.choose([box(100, size=40)], 0.1) is None


def test_after_forgetting_the_place_whoever_comes_is_new():
    selector = PersonSelector()
    selector.choose([box(100)], 0.0)
    selector.forget_place()
    assert selector.choose([box(100)], 0.03) == 0
    assert selector.track_id == 1


@given(frames=st.lists(st.tuples(BOXES, st.floats(0.0, 2.0)), max_size=20))
def test_ids_only_grow_and_somebody_is_found_again_after_the_patience(frames):
    selector, ids = PersonSelector(patience=1.0), [-1]
    times = itertools.accumulate(wait for _, wait in frames)
    last_seen = None
    for (boxes, _), now in zip(frames, times, strict=True):
        chosen = selector.choose(boxes, now)
        assert chosen is None or 0 <= chosen < len(boxes)
        if boxes and (last_seen is None or now - last_seen > 1.0):
            assert chosen is not None
        last_seen = now if chosen is not None else last_seen
        ids.append(selector.track_id)
    assert all(0 <= b - a <= 1 for a, b in itertools.pairwise(ids))


@given(a=st.tuples(*[st.floats(-1e3, 1e3)] * 3), b=st.tuples(*[st.floats(-1e3, 1e3)] * 3))
def test_overlap_is_symmetric_and_a_share(a, b):
    first, second = (box(x, y, abs(size)) for x, y, size in (a, b))
    assert 0.0 <= first.overlap(second) <= 1.0 + 1e-9
    assert first.overlap(second) == pytest.approx(second.overlap(first))


def test_a_box_goes_around_all_landmarks():
    points = np.array([[1.0, 5.0, 0.0], [4.0, 2.0, 9.0], [3.0, 3.0, -9.0]])
    assert Box.around(points) == Box(1.0, 2.0, 4.0, 5.0)


def test_the_next_person_is_followed_on_request_and_stays():
    selector = PersonSelector()
    people = [box(300, size=90), box(100), box(500)]
    assert selector.choose(people, 0.0) == 0
    followed = []
    for step in range(1, 4):
        selector.follow_next()
        followed.append(selector.choose(people, step / 10))
        assert selector.choose(people, step / 10 + 0.05) == followed[-1]
    assert followed == [2, 1, 0]
    assert selector.track_id == 3


def test_the_only_person_stays_when_the_next_is_asked_for():
    selector = PersonSelector()
    selector.choose([box(100)], 0.0)
    selector.follow_next()
    assert selector.choose([box(100)], 0.1) == 0
    # The request is over when another one comes.
    assert selector.choose([box(400), box(100)], 0.2) == 1
    assert selector.track_id == 0


def follow_ranks(selector, ranks, seconds, begin=0.0):
    """Show three people with these ranks for a while; return whom it follows in the end."""
    boxes = [box(100), box(300), box(500)]
    for step in range(round(seconds * 10) + 1):
        chosen = selector.choose(boxes, begin + step / 10, ranks)
    return chosen


def test_the_highest_rank_is_the_first_choice():
    assert follow_ranks(PersonSelector(stays=False), [0.0, 0.2, 0.1], 0.0) == 1


def test_a_person_with_a_clear_lead_is_followed_after_a_second():
    selector = PersonSelector(stays=False)
    follow_ranks(selector, [5.0, 0.0, 0.0], 1.0)
    assert follow_ranks(selector, [5.0, 6.5, 0.0], 0.9, 2.0) == 0
    assert follow_ranks(selector, [5.0, 6.5, 0.0], 0.3, 2.9) == 1
    assert selector.track_id == 1


def test_a_small_or_short_lead_changes_nothing():
    selector = PersonSelector(stays=False)
    assert follow_ranks(selector, [5.0, 0.0, 0.0], 0.0) == 0
    assert follow_ranks(selector, [5.0, 5.9, 0.0], 5.0, 1.0) == 0
    for second in range(8):
        # The lead goes from one to the other and back.
        ranks = [5.0, 8.0, 0.0] if second % 2 else [5.0, 0.0, 8.0]
        assert follow_ranks(selector, ranks, 0.8, 7.0 + second) == 0
    assert selector.track_id == 0


def test_a_person_who_was_asked_for_is_kept_until_gone():
    selector = PersonSelector(patience=0.5, stays=False)
    follow_ranks(selector, [9.0, 0.0, 0.0], 1.0)
    selector.follow_next()
    assert follow_ranks(selector, [9.0, 0.0, 0.0], 5.0, 1.1) == 1
    assert selector.choose([box(100), box(500)], 8.0, [9.0, 0.0]) == 0
    assert follow_ranks(selector, [9.0, 0.0, 12.0], 2.0, 8.1) == 2
