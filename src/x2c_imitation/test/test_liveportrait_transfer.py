# SPDX-License-Identifier: Apache-2.0
"""The transfer liveportrait: what goes to the networks, and where what they show comes out."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from x2c_core.face import topology
from x2c_core.face.face_square import square_matrix
from x2c_imitation.errors import ImitationError, NetworkError, TransferError
from x2c_imitation.pipeline.observation import Need, Observation
from x2c_imitation.x2cnet.liveportrait.options import LivePortraitOptions
from x2c_imitation.x2cnet.liveportrait.paste import PasteBack
from x2c_imitation.x2cnet.liveportrait.published import FOLDER_VARIABLE, PortraitPart
from x2c_imitation.x2cnet.liveportrait.ratios import eye_ratios, lip_ratio
from x2c_imitation.x2cnet.liveportrait.rest import RestMotion
from x2c_imitation.x2cnet.transfer.motion_transfer import make_transfer, options_of

pytest.importorskip("torch", reason="torch is not installed: it runs the networks")

import torch

from x2c_imitation.x2cnet.liveportrait.keypoints import rotation_of
from x2c_imitation.x2cnet.liveportrait.liveportrait_transfer import LivePortraitTransfer
from x2c_imitation.x2cnet.liveportrait.portrait import LivePortrait
from x2c_testing.portrait_networks import FakeNetworks
from x2c_testing.tensors import assert_close

SIZE = 96


@pytest.fixture
def made(neutral_image):
    def make(**options):
        networks = FakeNetworks()
        chosen = LivePortraitOptions(**options)
        return networks, LivePortraitTransfer(networks, *neutral_image, SIZE, chosen)

    return make


def seen(face, red=100, green=128):
    image = np.empty((256, 256, 3), np.uint8)
    image[:] = (50, green, red)
    return Observation(face, image)


def open_mouth(model, make_face, amount=0.3):
    points = model.neutral.copy()
    lower = np.concatenate([topology.LIP_LOWER_INNER[1:-1], topology.LIP_LOWER_OUTER[1:-1]])
    points[lower, 2] -= amount
    return make_face(points)


def test_the_face_is_replaced_and_the_surround_stays(neutral_image):
    image, landmarks = neutral_image
    image = cv2.copyMakeBorder(image, 150, 150, 150, 150, cv2.BORDER_REPLICATE)
    landmarks = landmarks + np.array([150.0, 150.0, 0.0])
    options = LivePortraitOptions()
    shown = LivePortraitTransfer(FakeNetworks(), image, landmarks, SIZE, options).neutral
    assert shown.shape == (SIZE, SIZE, 3)
    x, y = (landmarks[1, :2] * SIZE / np.array(image.shape[1::-1])).astype(int)
    assert shown[y, x].tolist() == [10, 20, 30]
    whole = cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    for corner in ((0, 0), (-1, 0), (0, -1), (-1, -1)):
        np.testing.assert_array_equal(shown[corner], whole[corner])


def test_a_person_at_rest_leaves_the_robot_neutral(made, model, make_face):
    networks, transfer = made()
    neutral = make_face(model.neutral)
    transfer.calibrate(neutral)
    transfer.animate(seen(neutral))
    source = networks.motion(networks.source).keypoints
    assert_close(networks.driving, source, atol=1e-5, rtol=0.0)


def test_expression_and_pose_count_from_the_images_nearest_to_the_neutral_face(
    made, model, make_face
):
    networks, transfer = made()
    transfer.calibrate(make_face(model.neutral))
    transfer.animate(seen(make_face(model.neutral), red=100))
    transfer.animate(seen(open_mouth(model, make_face), red=151))
    source = networks.motion(networks.source)
    moved = networks.driving - source.keypoints
    assert_close(moved / source.scale, 0.2 * torch.ones(1, 21, 3), atol=0.01, rtol=0.0)


def test_who_is_known_at_rest_stays_so_whatever_is_seen(made, model, make_face):
    networks, transfer = made()
    neutral = make_face(model.neutral)
    with pytest.raises(TransferError, match="needs an image"):
        transfer.calibrate_on(Observation(neutral))
    assert not transfer.is_calibrated
    transfer.calibrate_on(seen(neutral, red=100))
    source = networks.motion(networks.source)
    # Neither a face that is as near to neutral, nor the order of images makes a difference.
    for red in (151, 100, 151):
        transfer.animate(seen(neutral, red=red))
        moved = (networks.driving - source.keypoints) / source.scale
        expected = (red - 100) / 255 * torch.ones(1, 21, 3)
        assert_close(moved, expected, atol=1e-5, rtol=0.0)


def test_absolute_motion_needs_no_rest(made, model, make_face):
    networks, transfer = made(motion="absolute", region="lips")
    transfer.calibrate(make_face(model.neutral))
    transfer.animate(seen(make_face(model.neutral), red=255))
    source = networks.motion(networks.source)
    moved = (networks.driving - source.keypoints)[0].abs().max(dim=1).values
    assert moved[[6, 12, 14, 17, 19, 20]].min() > 0.1
    assert moved[[0, 11, 13]].max() < 1e-5


def test_eyes_and_lips_open_by_the_persons_ratios(made, model, make_face, neutral_image):
    networks, transfer = made(eyes=True, lips=True)
    neutral, talking = make_face(model.neutral), open_mouth(model, make_face)
    transfer.calibrate(neutral)
    transfer.animate(seen(neutral))
    robots = eye_ratios(neutral_image[1])
    assert networks.eyes[0] == pytest.approx(robots)
    assert networks.eyes[1] == pytest.approx(robots.mean())
    assert networks.lips == pytest.approx((lip_ratio(neutral_image[1]),) * 2)
    transfer.animate(seen(talking))
    more = lip_ratio(talking.landmarks) - lip_ratio(neutral.landmarks)
    assert more > 0.1
    assert networks.lips[1] == pytest.approx(networks.lips[0] + more)


def test_what_is_not_ready_is_refused_and_the_next_image_works(made, model, make_face):
    _, transfer = made()
    assert transfer.needs == {Need.IMAGE}
    neutral = make_face(model.neutral)
    with pytest.raises(TransferError, match="calibrate first"):
        transfer.animate(seen(neutral))
    transfer.calibrate(neutral)
    with pytest.raises(TransferError, match="needs an image"):
        transfer.animate(Observation(neutral))
    assert transfer.animate(seen(neutral)).shape == (SIZE, SIZE, 3)


def test_without_weights_it_says_where_they_are_told(monkeypatch, tmp_path, neutral_image):
    robot = SimpleNamespace(
        folder=tmp_path,
        neutral_image=tmp_path / "neutral.png",
        neutral_landmarks=tmp_path / "landmarks.npy",
    )
    cv2.imwrite(str(robot.neutral_image), neutral_image[0])
    np.save(robot.neutral_landmarks, neutral_image[1])
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(NetworkError, match=r"not in .*gone.*weights where.*transfer:=warp"):
        make_transfer("liveportrait", robot, SIZE)


def test_the_fingerprint_tells_weights_and_motion_but_not_the_device(tmp_path):
    def fingerprint(**options):
        return LivePortraitTransfer.fingerprint(LivePortraitOptions(str(tmp_path), **options))

    with pytest.raises(NetworkError, match="weights where"):
        fingerprint()
    for part in PortraitPart:
        (tmp_path / f"{part}.pth").write_bytes(b"weights")
    first = fingerprint()
    assert first == fingerprint(device="cuda", half=True)
    assert first != fingerprint(region="lips")
    (tmp_path / f"{PortraitPart.MOTION}.pth").write_bytes(b"others")
    assert first != fingerprint()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("region=ears", "expected one of all, face, pose, lips, eyes, got 'ears'"),
        ("motion=backwards", "expected one of relative, absolute"),
        ("device=tpu", "expected one of cpu, cuda"),
        ("speed=3", "speed"),
    ],
)
def test_options_that_cannot_be_are_refused(text, reason):
    with pytest.raises(ImitationError, match=reason):
        options_of("liveportrait", text)


def test_sixteen_bits_are_refused_on_a_processor():
    with pytest.raises(TransferError, match=r"half=false, or device=cuda"):
        LivePortrait(None, "cpu", half=True)


def test_what_was_cut_out_is_put_back_at_its_place(neutral_image):
    image, landmarks = neutral_image
    smooth = cv2.GaussianBlur(image, (0, 0), 4.0)
    matrix = square_matrix(landmarks, 256)
    square = cv2.warpAffine(smooth, matrix, (256, 256), borderMode=cv2.BORDER_REPLICATE)
    back = PasteBack(np.zeros_like(image), matrix, 256, 200).paste(cv2.resize(square, (512, 512)))
    expected = cv2.resize(smooth, (200, 200), interpolation=cv2.INTER_AREA)
    x, y = (landmarks[1, :2] * 200 / np.array(image.shape[1::-1])).astype(int)
    found = back[y - 30 : y + 30, x - 30 : x + 30].astype(int)
    assert np.abs(found - expected[y - 30 : y + 30, x - 30 : x + 30]).max() <= 3


def test_rest_is_what_the_images_nearest_to_neutral_show(model, make_face):
    rest = RestMotion()
    rest.calibrate(make_face(model.neutral))
    for amount in (0.3, 0.0, 0.2, 0.0, 0.4):
        rest.add(open_mouth(model, make_face, amount), np.full((21, 3), amount), np.eye(3))
    expression, rotation = rest.estimate()
    assert np.abs(expression).max() < 0.05
    np.testing.assert_allclose(rotation, np.eye(3), atol=1e-9)


def test_a_head_that_is_turned_is_not_at_rest(model, make_face):
    rest = RestMotion()
    rest.calibrate(make_face(model.neutral))
    turned = rotation_of(*(torch.tensor([a]) for a in (0.0, 30.0, 0.0)))[0].double().numpy()
    rest.add(make_face(model.neutral, yaw=0.5), np.ones((21, 3)), turned)
    np.testing.assert_allclose(rest.estimate()[1], turned, atol=1e-6)
    rest.add(make_face(model.neutral), np.zeros((21, 3)), np.eye(3))
    assert np.abs(rest.estimate()[0]).max() < 0.01
    np.testing.assert_allclose(rest.estimate()[1], np.eye(3), atol=0.01)
