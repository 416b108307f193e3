# SPDX-License-Identifier: Apache-2.0
"""A face without a person looks about for one, calmly, and leaves the face to who comes."""

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_sources.idle.blinks import AT_REST
from x2c_sources.idle.idle_life import IdleLife
from x2c_sources.idle.people_search import PeopleSearch
from x2c_sources.idle.saccades import saccade_duration

STEP = 0.005
YAW = controls.index("Head Yaw")
PHI = controls.index("Gaze Target Phi")


def poses(seconds=120.0, seed=1):
    """Return turns of eyes and head (n, 2) [deg]."""
    search = PeopleSearch(seed)
    found = [search.pose(time) for time in np.arange(0.0, seconds, STEP)]
    return tuple(np.degrees([getattr(one, part) for one in found]) for part in ("eyes", "head"))


def life(search_after=5.0):
    return IdleLife(3, AT_REST, 14.0, search_after)


def turns(one, times, imitated=lambda time: False):
    """Return the offsets (n, 30) of a life."""
    found = []
    for time in times:
        if imitated(time):
            one.see(time, controls.NEUTRAL, True)
        found.append(one.layer(time).values)
    return np.array(found)


def test_it_looks_to_both_sides_within_what_eyes_and_head_turn():
    eyes, head = poses()
    gaze = eyes + head
    assert eyes[0].tolist() == head[0].tolist() == [0.0, 0.0]
    assert gaze[:, 0].min() < -20.0
    assert gaze[:, 0].max() > 20.0
    assert (np.abs(eyes) <= 22.0 + 1e-9).all()
    assert (np.abs(head) <= 20.0 + 1e-9).all()
    assert (np.abs(gaze) <= [35.0 + 1e-6, 8.0 + 1e-6]).all()


def test_it_is_calm():
    eyes, head = poses()
    assert np.abs(np.diff(head, axis=0)).max() / STEP < 80.0
    # The eyes stay on the target while the head turns.
    gaze = np.abs(np.diff(eyes + head, axis=0)).max(axis=1) / STEP
    assert (gaze < 1.0).mean() > 0.85
    shifts = np.flatnonzero((gaze[1:] > 100.0) & (gaze[:-1] <= 100.0))
    assert 20 < len(shifts) < 70


def test_the_eyes_go_first_and_take_the_time_of_a_saccade():
    eyes, head = poses()
    start = int(np.flatnonzero(np.abs(np.diff(eyes[:, 0])) > 0.1)[0])
    assert np.abs(head[start + 4]).max() < 0.1
    size = np.radians(np.linalg.norm((eyes + head)[start + 200]))
    end = start + round(saccade_duration(size) / STEP) + 2
    assert np.linalg.norm(eyes[end]) > 5.0
    assert np.linalg.norm(head[end]) < 0.2 * np.linalg.norm(head[start + 200])


def test_the_same_seed_looks_at_the_same():
    assert (poses(20.0)[0] == poses(20.0)[0]).all()
    assert (poses(20.0)[0] != poses(20.0, seed=2)[0]).any()


def test_it_begins_after_a_while_without_a_person():
    times = np.arange(0.0, 40.0, 0.02)
    yaw = np.degrees(turns(life(), times)[:, YAW])
    assert np.abs(yaw[times < 5.0]).max() == 0.0
    assert np.abs(yaw).max() > 10.0
    assert np.abs(np.degrees(turns(life(0.0), times)[:, YAW])).max() == 0.0


@pytest.mark.parametrize("comes", [17.3, 18.05, 19.9, 21.0])
def test_who_comes_is_handed_the_face_over_without_a_snap(comes):
    times = np.arange(0.0, 60.0, 0.01)
    offsets = turns(life(), times, lambda time: comes < time < 40.0)
    yaw = np.degrees(offsets[:, YAW])
    assert np.abs(yaw[times < comes]).max() > 5.0
    assert np.abs(np.diff(yaw)).max() / 0.01 < 80.0
    eyes = offsets[:, PHI] / controls.MAXIMUM[PHI] * 35.0
    assert np.abs(np.diff(eyes)).max() / 0.01 < 600.0
    there = (times > comes + 1.6) & (times < 40.0)
    assert np.abs(offsets[there][:, [YAW, PHI]]).max() == 0.0
    # Nobody again: first straight ahead, then another search.
    assert np.abs(yaw[(times > 42.0) & (times < 45.0)]).max() == 0.0
    assert np.abs(yaw[times > 46.0]).max() > 5.0


def test_someone_who_is_seen_for_a_moment_makes_nothing_jump():
    times = np.arange(0.0, 40.0, 0.01)
    offsets = turns(life(), times, lambda time: 18.0 < time < 18.2)
    assert np.abs(np.diff(np.degrees(offsets[:, YAW]))).max() / 0.01 < 80.0
