# SPDX-License-Identifier: Apache-2.0
import dataclasses

import numpy as np
import pytest
import torch

from x2c_imitation.x2cnet.network.config import NetworkConfig, preset
from x2c_imitation.x2cnet.network.x2control import Normalizer
from x2c_training.data import augmentation
from x2c_training.data.augmentation import NetworkInput, color_change, move
from x2c_training.settings import AugmentationSettings

NONE = AugmentationSettings(
    brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0, shift=0.0, scale=0.0
)
CPU = torch.device("cpu")


def some_images(count=4, size=32):
    generator = np.random.default_rng(3)
    return generator.integers(0, 256, (count, size, size, 3)).astype(np.uint8)


def only(**changes):
    return dataclasses.replace(NONE, **changes)


def changed(images, settings, seed=0):
    """Return colours from 0 to 1, changed, without normalisation."""
    matrices, offsets = color_change(images, settings, np.random.default_rng(seed))
    flat = images.reshape(len(images), -1, 3) / 255.0
    return flat @ matrices.transpose(0, 2, 1) + offsets[:, None]


@pytest.mark.parametrize("name", ["x2c", "vividface"])
def test_without_change_the_input_is_that_of_run_time(name):
    images = some_images()
    config = preset(name)
    expected = Normalizer(config)(torch.from_numpy(images))
    made = NetworkInput(config, CPU).make(images)
    assert torch.allclose(made, expected, atol=1e-4)
    assert made.is_contiguous(memory_format=torch.channels_last)
    change = color_change(images, NONE, np.random.default_rng(0))
    assert torch.allclose(NetworkInput(config, CPU).make(images, change), expected, atol=1e-4)


def test_brightness_multiplies():
    images = some_images()
    factors = changed(images, only(brightness=0.2)) / (images.reshape(4, -1, 3) / 255.0 + 1e-9)
    for one in factors:
        bright = one[one > 0.1]
        assert np.ptp(bright) < 1e-6
        assert 0.8 <= bright.mean() <= 1.2


def test_contrast_turns_about_the_mean_grey():
    images = np.full((3, 16, 16, 3), 100, np.uint8)
    assert np.allclose(changed(images, only(contrast=0.5)), 100 / 255.0)
    other = some_images()
    spread = changed(other, only(contrast=0.5)).std(axis=(1, 2)) / (other / 255.0).std((1, 2, 3))
    assert (np.abs(spread - 1.0) < 0.55).all()
    assert np.ptp(spread) > 0.01


@pytest.mark.parametrize("settings", [only(saturation=0.9), only(hue=0.5)])
def test_grey_stays_grey(settings):
    images = np.repeat(some_images()[..., :1], 3, axis=3)
    assert np.allclose(changed(images, settings), images.reshape(4, -1, 3) / 255.0, atol=1e-6)


def test_the_hue_turns_and_the_lightness_stays():
    images = np.zeros((8, 8, 8, 3), np.uint8)
    images[..., 0] = 200
    turned = changed(images, only(hue=0.5))
    assert np.allclose(turned @ [0.299, 0.587, 0.114], 200 / 255.0 * 0.299, atol=1e-6)
    assert np.ptp(turned[:, 0, 0]) > 0.1


def test_images_of_a_batch_are_changed_differently_but_repeatably():
    images = np.repeat(some_images(1), 3, axis=0)
    settings = AugmentationSettings()
    one = changed(images, settings, seed=4)
    assert not np.allclose(one[0], one[1])
    assert np.array_equal(one, changed(images, settings, seed=4))
    assert not np.allclose(one, changed(images, settings, seed=5))


def test_images_move_as_far_as_allowed_and_keep_their_size():
    images = np.zeros((40, 64, 64, 3), np.uint8)
    images[:, 31:33, 31:33] = 255
    moved = move(images, only(shift=0.1), np.random.default_rng(1))
    assert moved.shape == images.shape
    places = [np.argwhere(one[..., 0] > 60).mean(axis=0) for one in moved]
    away = np.array(places) - 31.5
    assert np.abs(away).max() <= 6.4 + 0.6
    assert np.abs(away).max() > 4.0
    assert np.array_equal(images, move(images, NONE, np.random.default_rng(1)))


def test_scaling_is_about_the_middle():
    images = np.zeros((20, 65, 65, 3), np.uint8)
    images[:, 30:35, 30:35] = 255
    for one in move(images, only(scale=0.2), np.random.default_rng(1)):
        assert np.allclose(np.argwhere(one[..., 0] > 100).mean(axis=0), 32.0, atol=0.6)


def test_a_networks_own_normalisation_is_used():
    images = np.full((1, 4, 4, 3), 255, np.uint8)
    config = NetworkConfig(image_size=32, mean=(0.5, 0.0, 0.0), std=(0.5, 0.25, 2.0))
    made = NetworkInput(config, CPU).make(images)
    assert torch.allclose(made[0, :, 0, 0], torch.tensor([1.0, 4.0, 0.5]), atol=1e-5)


def test_colours_are_changed_on_a_gpu_as_they_are_here():
    generator = np.random.default_rng(5)
    images = generator.integers(0, 256, (3, 16, 24, 3), dtype=np.uint8)
    changes = generator.normal(size=(3, 3, 4)).astype(np.float32) / 255.0
    here = augmentation._changed_here(images, changes)
    there = augmentation._changed_there(images, changes, CPU)
    assert np.allclose(here.reshape(3, -1, 3), there.numpy(), atol=1e-5)
