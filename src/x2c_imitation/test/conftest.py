# SPDX-License-Identifier: Apache-2.0
"""A small robot whose expression model is known exactly, and faces made from it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face import topology
from x2c_core.face.expression_model import ExpressionModel
from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import FACING, HeadPose, fit_head_pose, rotation_from

WAY = 0.12
"""How far a control moves its landmarks at full deflection [interocular distances]."""

_JOINTS = {f"joint_{i}": name for i, name in enumerate(controls.NAMES)}
_LIMITS = "type: ratio, position: [-4, 4], velocity: 1, acceleration: 10, jerk: 100"
ROBOT = "\n".join(
    [
        "name: small",
        "units: {angle: rad, length: m}",
        "joints:",
        *(f"  {joint}: {{{_LIMITS}}}" for joint in _JOINTS),
        "mixing:",
        *(f"  {joint}: {{{name}: 1.0}}" for joint, name in _JOINTS.items()),
        "",
    ]
)
"""One joint for each control: what no joint follows, the solver leaves alone."""

_CENTRES = {
    "Brow Inner": topology.BROW_LEFT_UPPER[:2],
    "Brow Outer": topology.BROW_LEFT_UPPER[3:],
    "Eyelid Lower": topology.EYE_LEFT_LOWER[2:7],
    "Eyelid Upper": topology.EYE_LEFT_UPPER[2:7],
    "Lip Bottom Depress": np.array([314, 405]),
    "Lip Corner Raise": np.array([291]),
    "Lip Corner Stretch": np.array([291]),
    "Lip Top Raise": np.array([267, 269]),
    "Jaw Pitch": np.array([14, 17, 152, 199, 87, 317]),
    "Jaw Yaw": np.array([14, 17, 152, 199, 87, 317]),
    "Lip Bottom Curl": np.array([17, 14]),
    "Lip Bottom Depress Middle": np.array([17]),
    "Lip Top Curl": np.array([0, 13]),
    "Lip Top Raise Middle": np.array([0]),
    "Nose Wrinkle": np.array([129, 358, 48, 278]),
}
_SIDEWAYS = {"Lip Corner Stretch", "Jaw Yaw"}
_FORWARD = {"Lip Bottom Curl", "Lip Top Curl"}


def _effect(control: controls.Control) -> np.ndarray:
    effect = np.zeros((topology.COUNT, 3))
    if control.group in (Group.HEAD, Group.NECK):
        return effect
    if control.group is Group.GAZE:
        effect[topology.SKIN_COUNT :, 1 if control.name.endswith("Phi") else 2] = WAY
        return effect
    name, _, side = control.name.rpartition(" ")
    paired = side in ("Left", "Right")
    key = name if paired else control.name
    centre = _CENTRES[key]
    if side == "Right":
        centre = topology.MIRROR[centre]
    points = topology.REFERENCE
    distances = np.linalg.norm(points[:, None] - points[None, centre], axis=2).min(axis=1)
    fall = WAY * np.exp(-((distances / 0.1) ** 2))
    axis = 1 if key in _SIDEWAYS else 0 if key in _FORWARD else 2
    effect[:, axis] = -fall if axis == 1 and side == "Right" else fall
    # Lids are thin: neither the other lid nor the iris moves along.
    if control.group is Group.EYELID:
        kept = np.zeros(topology.COUNT, dtype=bool)
        kept[centre] = True
        effect[~kept] = 0.0
    else:
        effect[topology.SKIN_COUNT :] = 0.0
    return effect


@pytest.fixture(scope="session")
def model() -> ExpressionModel:
    """An expression model in which every control moves what its name says."""
    effects = np.array([_effect(control) for control in controls.CONTROLS])
    return ExpressionModel(topology.REFERENCE, effects, -effects)


@pytest.fixture(scope="session")
def make_face() -> Callable[..., Face]:
    """Return a function that poses a shape (478, 3) [interocular] as a tracked face."""
    return _make_face


def _make_face(
    points: np.ndarray,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    scale: float = 80.0,
) -> Face:
    rotation = FACING @ rotation_from(yaw, pitch, roll)
    pose = HeadPose(rotation, np.array([320.0, 240.0, 0.0]), scale)
    pixels = pose.to_pixels(points)
    return Face(pixels, fit_head_pose(pixels), 640, 480, 1.0, FaceState.TRACKING, 1)


@pytest.fixture(scope="session")
def neutral_image() -> tuple[np.ndarray, np.ndarray]:
    """A drawn neutral robot (200, 220, 3) RGB, and the landmarks (478, 3) on it [pixel]."""
    pose = HeadPose(FACING, np.array([110.0, 85.0, 0.0]), 66.0)
    landmarks = pose.to_pixels(topology.REFERENCE)
    image = np.full((200, 220, 3), (90, 120, 150), dtype=np.uint8)
    corners = landmarks[topology.TRIANGLES]
    # Far triangles first; brighter ones are nearer.
    for corner in corners[np.argsort(-corners[:, :, 2].mean(axis=1))]:
        shade = float(np.clip(170.0 - corner[:, 2].mean(), 0.0, 255.0))
        cv2.fillConvexPoly(image, corner[:, :2].round().astype(np.int32), (shade, 140, 120))
    for side, colour in (("LEFT", (250, 250, 250)), ("RIGHT", (240, 240, 240))):
        upper, lower = (getattr(topology, f"EYE_{side}_{edge}") for edge in ("UPPER", "LOWER"))
        edge = landmarks[np.concatenate([upper, lower[::-1]]), :2]
        cv2.fillPoly(image, [edge.round().astype(np.int32)], colour)
    return image, landmarks


@pytest.fixture(scope="session")
def network_folder(make_once: Callable[..., Path]) -> Path:
    """A folder with a small network, `x2cnet.safetensors` and `x2cnet.onnx`; do not write to it.

    Its weights are random, and its outputs far from neutral and from each other.
    """
    pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")
    return make_once("network", _make_network)


def _make_network(folder: Path) -> None:
    import torch

    from x2c_imitation.x2cnet.network.config import NetworkConfig
    from x2c_imitation.x2cnet.network.weights import save_network
    from x2c_imitation.x2cnet.network.x2control import build_network
    from x2c_imitation.x2cnet.runtime.export import export_weights

    config = NetworkConfig(backbone="resnet10_half", image_size=64)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = build_network(config)
    with torch.no_grad():
        network.pos_pred_head[-1].weight *= 100.0
    save_network(folder / "x2cnet.safetensors", network, config)
    export_weights(folder / "x2cnet.safetensors", folder / "x2cnet.onnx")


@pytest.fixture
def image_robot(tmp_path, model, neutral_image, network_folder) -> Path:
    """The folder of a robot that has all that any backend needs."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "robot.yaml").write_text(ROBOT)
    model.save(folder / "expression_model.npz")
    image, landmarks = neutral_image
    cv2.imwrite(str(folder / "neutral.png"), image[:, :, ::-1])
    np.save(folder / "neutral_landmarks.npy", landmarks)
    for file in network_folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.fixture(scope="session")
def weights_from_keys() -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a function that makes weights from keys and shapes alone.

    The expected outputs of published networks in `data` belong to such weights.
    """
    return _weights_from_keys


def _weights_from_keys(state: Mapping[str, Any]) -> dict[str, Any]:
    import torch

    made = {}
    for key, tensor in state.items():
        shape = tuple(tensor.shape)
        if not tensor.is_floating_point():
            made[key] = torch.zeros(shape, dtype=tensor.dtype)
            continue
        random = np.random.default_rng(zlib.crc32(key.encode()))
        noise = random.standard_normal(shape)
        if key.endswith("running_var"):
            noise = 0.5 + random.random(shape)
        elif key.endswith(("weight_u", "weight_v")):
            noise /= np.linalg.norm(noise)
        elif key.endswith("weight_orig") or (key.endswith("weight") and len(shape) > 1):
            noise /= np.sqrt(np.prod(shape[1:]))
        elif key.endswith("weight"):
            noise = 1.0 + 0.1 * noise
        else:
            noise *= 0.02
        made[key] = torch.from_numpy(noise).to(tensor.dtype)
    return made


@pytest.fixture(scope="session")
def smooth_image() -> Callable[[int, int], Any]:
    """Return a function that makes an image (1, 3, size, size), 0 to 1, from a seed and a size."""
    return _smooth_image


def _smooth_image(seed: int, size: int) -> Any:
    import torch

    coarse = np.random.default_rng(seed).random((1, 3, 8, 8)).astype(np.float32)
    fine = torch.nn.functional.interpolate(
        torch.from_numpy(coarse), size=(size, size), mode="bicubic", align_corners=False
    )
    return fine.clamp(0.0, 1.0)
