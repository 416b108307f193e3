# SPDX-License-Identifier: Apache-2.0
"""Idle life: rates of people, nothing that snaps, and the person's own blinks first."""

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.layers import LayerMode
from x2c_sources.idle.blinks import AT_REST, Blinks
from x2c_sources.idle.idle_life import IdleLife
from x2c_sources.idle.saccades import Saccades

LID = controls.index("Eyelid Upper Left")
GAZE = [controls.index("Gaze Target Phi"), controls.index("Gaze Target Theta")]
OPEN = controls.NEUTRAL
PER_EYE = controls.MAXIMUM[GAZE] / np.array([35.0, 27.0])
"""Control values for a turn of the eyes by 1 degree."""
SHUT = controls.from_names({f"Eyelid Upper {side}": 0.0 for side in ("Left", "Right")})


def life():
    return IdleLife(3, AT_REST, 14.0)


def begins(closures):
    closed = np.asarray(closures) > 0.5
    return np.flatnonzero(closed[1:] & ~closed[:-1])


def test_blinks_have_the_rate_and_the_length_of_people():
    blinks, step = Blinks(1), 0.02
    closures = np.array([blinks.closure(time) for time in np.arange(0.0, 1200.0, step)])
    found = begins(closures)
    assert len(found) / 20.0 == pytest.approx(AT_REST, rel=0.15)
    intervals = np.diff(found) * step
    assert np.log(intervals).std() == pytest.approx(0.6, abs=0.12)
    shut = (closures > 0.05).sum() * step / len(found)
    assert 0.15 < shut < 0.35
    assert closures.min() >= 0.0
    assert closures.max() <= 1.0


def test_the_same_seed_gives_the_same_life():
    def run(seed):
        one = IdleLife(seed, AT_REST, 14.0)
        return np.array([one.layer(time).values for time in np.arange(0.0, 30.0, 0.05)])

    assert (run(5) == run(5)).all()
    assert (run(5) != run(6)).any()


def test_saccades_are_small_and_fast_and_stay_about_straight_ahead():
    saccades = Saccades(1)
    gaze = np.degrees([saccades.gaze(time) for time in np.arange(0.0, 300.0, 0.005)])
    assert (np.abs(gaze) <= [8.0 + 1e-9, 4.0 + 1e-9]).all()
    assert (np.abs(gaze.mean(axis=0)) < 1.0).all()
    moving = np.abs(np.diff(gaze, axis=0)).max(axis=1) > 1e-9
    assert 0.005 < moving.mean() < 0.06
    # The main sequence: no faster than people's eyes of this reach.
    assert np.abs(np.diff(gaze, axis=0)).max() / 0.005 < 500.0


def test_alone_it_blinks_looks_about_and_breathes():
    one = life()
    layers = [one.layer(time) for time in np.arange(0.0, 30.0, 0.02)]
    assert all(layer.mode is LayerMode.ADD for layer in layers)
    offsets = np.array([layer.values for layer in layers])
    assert (offsets[:, layers[0].mask == 0.0] == 0.0).all()
    assert len(begins(closure(offsets[:, LID]))) > 3
    shut = controls.to_deflection(OPEN + offsets[offsets[:, LID].argmin()])
    assert shut[LID] == pytest.approx(-0.55, abs=0.02)
    eyes = offsets[:, GAZE] / PER_EYE
    assert (np.ptp(eyes, axis=0) > [3.0, 1.5]).all()
    assert (np.abs(eyes) <= [8.0 + 1e-6, 4.0 + 1e-6]).all()
    head = offsets[:, controls.index("Head Pitch")]
    assert np.degrees(np.ptp(head)) == pytest.approx(1.0, abs=0.05)
    assert np.count_nonzero(np.diff(np.sign(head)) > 0) == pytest.approx(7, abs=1)


def closure(offsets):
    """Return how far offsets shut lids that are open, 0 to 1."""
    return offsets / (OPEN - SHUT)[LID] * -1.0


def beside(person):
    """Return the offsets beside a person whose face is a function of the time."""
    one, found = life(), []
    for time in np.arange(0.0, 60.0, 0.02):
        one.see(time, person(time), True)
        found.append(one.layer(time).values)
    return np.array(found)


def test_a_person_who_blinks_is_left_alone():
    offsets = beside(lambda time: SHUT if time % 4.0 < 0.2 else OPEN)
    assert (offsets[:, LID] == 0.0).all()
    assert offsets[-1, GAZE].tolist() == [0.0, 0.0]


def test_a_person_who_is_never_seen_to_blink_is_helped():
    closures = closure(beside(lambda time: OPEN)[:, LID])
    assert closures[: int(9.9 / 0.02)].max() == 0.0
    assert len(begins(closures)) > 5


def test_lids_that_are_shut_already_are_not_opened():
    person = controls.from_names({f"Eyelid Upper {side}": -0.5 for side in ("Left", "Right")})
    one = life()
    for time in np.arange(0.0, 30.0, 0.02):
        one.see(time, person, False)
        assert one.layer(time).values[LID] == 0.0


def test_gaze_is_faded_and_never_jumps_when_a_person_comes_and_goes():
    one, gaze = life(), []
    for time in np.arange(0.0, 20.0, 0.01):
        if 5.0 < time < 12.0:
            one.see(time, OPEN, True)
        gaze.append(one.layer(time).values[GAZE])
    steps = (np.abs(np.diff(gaze, axis=0)) / PER_EYE).max()
    assert steps / 0.01 < 500.0
    assert np.abs(gaze[1000]).max() == 0.0
    assert np.abs(gaze[1600:]).max() > 0.0
