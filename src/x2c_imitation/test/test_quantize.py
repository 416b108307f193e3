# SPDX-License-Identifier: Apache-2.0
"""Networks of 8-bit numbers: smaller, nearly the same, and told apart."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_imitation.errors import ImitationError, NetworkError
from x2c_imitation.x2cnet.runtime.predictor import load_predictor
from x2c_imitation.x2cnet.runtime.quantize import quantize_onnx, read_images

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def images(neutral_image):
    """Images that differ as those of one robot do: by what is where."""
    image = neutral_image[0]
    return np.array([np.roll(image, shift, axis=1) for shift in range(-20, 20, 4)])


def test_eight_bits_give_nearly_the_same_values(network_folder, tmp_path, images):
    exact, small = network_folder / "x2cnet.onnx", tmp_path / "small.onnx"
    cost = quantize_onnx(exact, images, small)
    assert small.stat().st_size < 0.5 * exact.stat().st_size
    one, other = (load_predictor(path).predict(images) for path in (exact, small))
    moved = np.abs(one - other) / (controls.MAXIMUM - controls.MINIMUM)
    assert cost.mean == pytest.approx(moved.mean(), rel=1e-3)
    assert cost.largest == pytest.approx(moved.max(), rel=1e-3)
    assert 0.0 < cost.mean < 0.25 * np.std(one, axis=0).mean()
    assert load_predictor(small).config == load_predictor(exact).config
    assert list(tmp_path.iterdir()) == [small]


def test_without_images_it_is_refused(network_folder, tmp_path):
    none = np.empty((0, 64, 64, 3), dtype=np.uint8)
    with pytest.raises(NetworkError, match="no images"):
        quantize_onnx(network_folder / "x2cnet.onnx", none, tmp_path / "x.onnx")
    with pytest.raises(NetworkError, match=r"no images \(\.jpg, \.jpeg, \.png\) in"):
        read_images(tmp_path)


def test_images_are_chosen_evenly_and_brought_to_one_size(tmp_path):
    for number in range(10):
        (tmp_path / f"{number % 3}").mkdir(exist_ok=True)
        shape = (40 + number, 50, 3)
        cv2.imwrite(str(tmp_path / f"{number % 3}" / f"{number}.PNG"), np.full(shape, number))
    assert read_images(tmp_path, most=4).shape == (4, 40, 50, 3)
    assert len(read_images(tmp_path)) == 10


def test_an_image_that_is_none_is_named(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    with pytest.raises(ImitationError, match=r"broken\.jpg: .* no image"):
        read_images(tmp_path)
