# SPDX-License-Identifier: Apache-2.0
import numpy as np

from x2c_motors.control.motor_responsiveness import ASK_AGAIN, MISSES, MotorResponsiveness

ALL = np.array([True, True, True])
NO_FIRST = np.array([False, True, True])


def test_one_answer_missed_means_nothing():
    presence = MotorResponsiveness(3)
    presence.begin(ALL, 0.0)
    assert presence.heard(NO_FIRST, (0, 1, 2)) == ((), ())
    assert presence.heard(ALL, (0, 1, 2)) == ((), ())
    assert presence.mask.all()


def test_several_in_a_row_and_it_is_away_until_it_answers():
    presence = MotorResponsiveness(3)
    presence.begin(ALL, 0.0)
    changes = [presence.heard(NO_FIRST, (0, 1, 2)) for _ in range(MISSES + 1)]
    assert changes == [((), ())] * (MISSES - 1) + [((0,), ()), ((), ())]
    assert presence.absent == (0,)
    assert presence.heard(ALL, (0, 1, 2)) == ((), (0,))
    assert presence.absent == ()


def test_those_away_are_asked_now_and_then_only():
    presence = MotorResponsiveness(3)
    presence.begin(NO_FIRST, 10.0)
    assert presence.to_ask(10.01) == (1, 2)
    assert presence.to_ask(10.0 + ASK_AGAIN) == (0, 1, 2)
    assert presence.to_ask(10.01 + ASK_AGAIN) == (1, 2)


def test_silence_of_those_not_asked_means_nothing():
    presence = MotorResponsiveness(3)
    presence.begin(ALL, 0.0)
    for _ in range(5):
        assert presence.heard(np.array([False, True, False]), (1,)) == ((), ())
