# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_evaluation.offline.results.references import Reference
from x2c_evaluation.offline.results.statistics import smoothness, spans, states
from x2c_evaluation.pipeline.frame_curves import FrameCurves, read_curves

PERIOD = 40_000_000
COUNT = 100


def curves(**changes):
    given = {
        "index": np.arange(COUNT),
        "stamps": 7 * 10**9 + np.arange(COUNT) * PERIOD,
        "face_states": np.ones(COUNT, np.int64),
        "persons": np.zeros(COUNT, np.int64),
        "confidence": np.ones(COUNT),
        "eye_distance": np.full(COUNT, 90.0),
        "described": np.zeros((COUNT, 17)),
        "values": np.tile(controls.NEUTRAL, (COUNT, 1)),
        "control_states": np.ones(COUNT, np.int64),
    }
    return FrameCurves(**{**given, **changes})


def test_jitter_is_the_deviation_on_a_still_face():
    noise = np.random.default_rng(0).normal(0.0, 0.01, (COUNT, 30))
    span = (controls.MAXIMUM - controls.MINIMUM) / 2.0
    found = smoothness(curves(values=controls.NEUTRAL + noise * span))
    assert found.jitter == pytest.approx(0.01, rel=0.15)
    assert found.still_time_s == pytest.approx(COUNT // 12 * 12 * 0.04)
    assert smoothness(curves()).jitter == pytest.approx(0.0, abs=1e-12)


def test_a_slow_change_on_a_still_face_is_no_jitter():
    ramp = np.linspace(0.0, 0.5, COUNT)[:, None]
    assert smoothness(curves(values=controls.NEUTRAL + ramp)).jitter < 1e-9


def test_a_face_that_moves_is_not_still():
    described = np.zeros((COUNT, 17))
    described[:, 6] = np.sin(np.arange(COUNT))
    found = smoothness(curves(described=described))
    assert found.jitter is None
    assert found.jerk == pytest.approx(0.0, abs=1e-6)


def test_jerk_is_the_third_derivative():
    times = np.arange(COUNT) * 0.04
    span = (controls.MAXIMUM - controls.MINIMUM) / 2.0
    values = controls.NEUTRAL + (times**3)[:, None] * span
    assert smoothness(curves(values=values)).jerk == pytest.approx(6.0, rel=1e-6)


def test_frames_that_are_not_followed_count_for_nothing():
    away = np.full(COUNT, 3)
    found = smoothness(curves(control_states=away))
    assert (found.jitter, found.jerk, found.still_time_s) == (None, None, 0.0)


def test_a_gap_joins_no_frames():
    stamps = 7 * 10**9 + np.arange(COUNT) * PERIOD
    stamps[50:] += 10**9
    values = np.tile(controls.NEUTRAL, (COUNT, 1))
    values[50:] += 0.1
    assert smoothness(curves(stamps=stamps, values=values)).jerk == pytest.approx(0.0, abs=1e-6)


def test_curves_read_back_as_they_were_written(tmp_path):
    written = curves(references={"recorded": np.full((COUNT, 30), np.nan)})
    data = written.to_parquet("one")
    assert data == written.to_parquet("one")
    (tmp_path / "one.parquet").write_bytes(data)
    read = read_curves(tmp_path / "one.parquet")
    np.testing.assert_array_equal(read.stamps, written.stamps)
    np.testing.assert_allclose(read.values, written.values, atol=1e-6)
    assert np.isnan(read.references["recorded"]).all()


def test_a_reference_is_matched_by_stamp_then_by_nearness_then_by_beginning():
    stamps = 10**18 + np.arange(10) * PERIOD
    values = np.tile(np.arange(10.0)[:, None], 30)
    reference = Reference(stamps, values, "it")
    found, how = reference.at(stamps[2:5])
    assert (found[:, 0].tolist(), how) == ([2.0, 3.0, 4.0], "frames of the same stamp")
    found, how = reference.at(stamps[2:5] + 3_000_000)
    assert (found[:, 0].tolist(), how) == ([2.0, 3.0, 4.0], "frames nearest in time")
    found, how = reference.at(np.arange(12) * PERIOD)
    assert found[:10, 0].tolist() == list(range(10))
    assert np.isnan(found[11]).all()
    assert how == "the time since the beginning"
    assert np.isnan(reference.at(np.array([stamps[0] + 10**15]))[0]).sum() in (0, 30)


def test_states_are_stretches_of_time():
    control_states = np.ones(COUNT, np.int64)
    control_states[:10] = 3
    faces = np.ones(COUNT, np.int64)
    faces[90:] = 2
    found = states(curves(control_states=control_states, face_states=faces))
    assert [(round(a, 2), round(b, 2)) for a, b, _, _ in found] == [
        (0.0, 0.4),
        (0.4, 3.6),
        (3.6, 4.0),
    ]
    assert spans(np.array([True, False, True, True])) == [(0, 1), (2, 4)]
