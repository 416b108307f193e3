# SPDX-License-Identifier: Apache-2.0
"""LivePortrait's networks: keys, shapes and outputs are those of the published ones."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

import torch

from x2c_imitation.x2cnet.liveportrait.checkpoints import without_norms
from x2c_imitation.x2cnet.liveportrait.keypoints import FaceMotion, degrees
from x2c_imitation.x2cnet.liveportrait.networks.appearance import AppearanceExtractor
from x2c_imitation.x2cnet.liveportrait.networks.generator import Generator
from x2c_imitation.x2cnet.liveportrait.networks.motion import MotionExtractor
from x2c_imitation.x2cnet.liveportrait.networks.retargeting import (
    eye_network,
    lip_network,
    stitching_network,
)
from x2c_imitation.x2cnet.liveportrait.networks.warping import WarpingModule
from x2c_imitation.x2cnet.liveportrait.processor.conversion import for_processor
from x2c_imitation.x2cnet.network.without_values import without_values
from x2c_testing.tensors import assert_close

pytestmark = pytest.mark.slow

DATA = Path(__file__).parent / "data"
NETWORKS = {
    "appearance_feature_extractor": AppearanceExtractor,
    "motion_extractor": MotionExtractor,
    "warping_module": WarpingModule,
    "spade_generator": Generator,
    "stitching": stitching_network,
}


def published_layouts():
    layouts = {name: {} for name in NETWORKS}
    with (DATA / "liveportrait_keys.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            layouts[row["part"]][row["key"]] = tuple(
                map(int, row["shape"].split("x") if row["shape"] else ())
            )
    return layouts


@pytest.fixture(scope="module")
def expected():
    return dict(np.load(DATA / "liveportrait_outputs.npz"))


@pytest.fixture(scope="module")
def make(weights_from_keys):
    def make_network(factory):
        with without_values():
            network = factory()
        network.load_state_dict(weights_from_keys(network.state_dict()), assign=True)
        return network.eval()

    return make_network


@pytest.fixture(scope="module", params=["as published", "for processors"])
def make_either(request, make):
    """Return a function that makes a network, as it is and as it runs on processors."""

    def make_network(factory):
        network = make(factory)
        if request.param == "as published":
            return network
        return for_processor(without_norms(network))

    return make_network


def spread(tensor, count):
    flat = tensor.flatten()
    return flat[torch.linspace(0, flat.numel() - 1, count).round().long()].numpy()


def agree(found, expected, share=1e-3):
    found = np.asarray(found)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < share * max(expected.std(), 1e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_keys_and_shapes_are_the_published_ones(name):
    with without_values():
        state = NETWORKS[name]().state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == published_layouts()[name]


def test_the_appearance_volume_is_the_published_one(make, expected, smooth_image):
    with torch.inference_mode():
        volume = make(AppearanceExtractor)(smooth_image(100, 256))
    assert volume.shape == (1, 32, 16, 64, 64)
    agree(spread(volume, 512), expected["F_sample"])


def test_motion_pose_and_keypoints_are_the_published_ones(make_either, expected, smooth_image):
    network = make_either(MotionExtractor)
    for name, seed in (("source", 100), ("driving", 101)):
        with torch.inference_mode():
            outputs = network(smooth_image(seed, 256))
        for key, value in outputs.items():
            agree(value, expected[f"M_{name}_{key}"])
        motion = FaceMotion.of_outputs(outputs)
        angles = torch.cat([degrees(outputs[key]) for key in ("pitch", "yaw", "roll")])
        agree(angles, expected[f"M_{name}_degrees"])
        agree(motion.rotation, expected[f"M_{name}_rotation"])
        agree(motion.keypoints, expected[f"M_{name}_transformed"])


def test_shifts_for_stitching_eyes_and_lips_are_the_published_ones(make, expected):
    source = torch.from_numpy(expected["M_source_transformed"]).flatten(1)
    driving = torch.from_numpy(expected["kp_driving"]).flatten(1)
    for factory, numbers, name in (
        (stitching_network, driving, "S_delta"),
        (eye_network, torch.tensor([[0.3, 0.25, 0.1]]), "eye"),
        (lip_network, torch.tensor([[0.05, 0.3]]), "lip"),
    ):
        with torch.inference_mode():
            agree(make(factory)(torch.cat([source, numbers], dim=1)), expected[name])


def test_warped_features_and_the_image_are_the_published_ones(make_either, expected):
    random = np.random.default_rng(102)
    volume = torch.from_numpy(random.standard_normal((1, 32, 16, 32, 32)).astype(np.float32))
    features = torch.from_numpy(random.standard_normal((1, 256, 8, 8)).astype(np.float32))
    source = torch.from_numpy(expected["M_source_transformed"])
    with torch.inference_mode():
        warped = make_either(WarpingModule)(
            volume, torch.from_numpy(expected["kp_driving"]), source
        )
        image = make_either(Generator)(features)
    assert warped.features.shape == (1, 256, 32, 32)
    agree(spread(warped.occlusion, 256), expected["W_occlusion"])
    agree(spread(warped.field, 256), expected["W_field"])
    agree(spread(warped.features, 512), expected["W_features"])
    assert image.shape == (1, 3, 64, 64)
    agree(spread(image, 512), expected["G"])


def test_a_face_that_is_seen_from_the_front_has_its_canonical_keypoints():
    logits = torch.zeros(1, 66)
    outputs = {"pitch": logits, "yaw": logits, "roll": logits, "t": torch.zeros(1, 3)}
    canonical = torch.arange(63.0)[None]
    outputs |= {"kp": canonical, "exp": torch.zeros(1, 63), "scale": torch.ones(1, 1)}
    motion = FaceMotion.of_outputs(outputs)
    assert_close(motion.rotation[0], torch.eye(3), atol=1e-6, rtol=0.0)
    assert_close(motion.keypoints.flatten(1), canonical, atol=1e-4, rtol=0.0)
