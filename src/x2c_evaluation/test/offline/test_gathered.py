# SPDX-License-Identifier: Apache-2.0
import gc
import weakref

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.face.descriptors import Descriptor
from x2c_core.face.frames import ControlFrame, ControlState, Face, FaceState
from x2c_core.face.head_pose import FACING, HeadPose
from x2c_evaluation.pipeline.offline_pipeline import Gathered, PipelineOutput


def sight(number, state=FaceState.TRACKING):
    pose = HeadPose(FACING, np.zeros(3), 40.0 + number)
    landmarks = np.zeros((topology.COUNT, 3))
    face = Face(landmarks, pose, 640, 480, 0.5, state, number)
    described = np.full(len(Descriptor), float(number))
    values = np.full(controls.COUNT, number / 10)
    return PipelineOutput(face, described, ControlFrame(values, 1.0, ControlState.TRACKING, 0))


def test_what_the_curves_tell_of_is_kept_of_each_frame():
    gathered = Gathered()
    assert len(gathered.curves()) == 0
    assert gathered.curves().values.shape == (0, controls.COUNT)
    gathered.add(3, 1_700_000_000_000_000_003, sight(1))
    gathered.add(5, 1_700_000_000_000_000_005, sight(2, FaceState.LOST))
    assert len(gathered) == 2
    curves = gathered.curves()
    assert curves.index.tolist() == [3, 5]
    assert curves.stamps.tolist() == [1_700_000_000_000_000_003, 1_700_000_000_000_000_005]
    assert curves.face_states.tolist() == [FaceState.TRACKING, FaceState.LOST]
    assert curves.persons.tolist() == [1, 2]
    assert curves.confidence.tolist() == [0.5, 0.5]
    assert curves.eye_distance.tolist() == pytest.approx([41.0, np.nan], nan_ok=True)
    assert curves.described.tolist() == [[1.0] * len(Descriptor), [2.0] * len(Descriptor)]
    assert curves.values.tolist() == [[0.1] * controls.COUNT, [0.2] * controls.COUNT]
    assert curves.control_states.tolist() == [ControlState.TRACKING] * 2


def test_faces_are_let_go_of():
    gathered = Gathered()
    seen = sight(1)
    face, landmarks = weakref.ref(seen.face), weakref.ref(seen.face.landmarks)
    gathered.add(0, 0, seen)
    del seen
    gc.collect()
    assert face() is None
    assert landmarks() is None
