# SPDX-License-Identifier: Apache-2.0
"""The imitators there are, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from x2c_core.face.expression_model import load_expression_model
from x2c_core.robot.robot import Robot
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.blended import Blended
from x2c_imitation.pipeline.imitator import Imitator
from x2c_imitation.solver.solver import Solver
from x2c_imitation.x2cnet.network.config import Device, RuntimeName


@dataclass(frozen=True)
class BackendOptions:
    """What can be asked of a backend; the solver has nothing to choose.

    Attributes:
        transfer: How the robot's neutral picture takes on an expression, one of `TRANSFERS`.
        network: Path of the network's weights or ONNX file; empty for the robot's own.
        runtime: What runs the network, one of `RuntimeName`.
        device: Where it runs, one of `Device`.
        threads: How many processor cores the network may use.
        prior: How far X2CNet's values are drawn to the solver's, 0 to 1.
    """

    transfer: str = "warp"
    network: str = ""
    runtime: str = RuntimeName.ONNX
    device: str = Device.CPU
    threads: int = 1
    prior: float = 0.0


def _solver(robot: Robot, options: BackendOptions) -> Imitator:
    # What no joint follows does nothing on this robot, whatever its model says: the others make up
    # for it.
    return Solver(load_expression_model(robot.expression_model).of_controls(robot.followed))


def _warp(robot: Robot, options: BackendOptions) -> Imitator:
    # Local: who uses the solver needs no ONNX Runtime.
    from x2c_imitation.x2cnet.network.files import ONNX
    from x2c_imitation.x2cnet.runtime.predictor import load_predictor
    from x2c_imitation.x2cnet.transfer import ImageRetargeter, WarpTransfer, read_neutral
    from x2c_imitation.x2cnet.x2cnet import X2CNet

    path = Path(options.network).expanduser() if options.network else robot.network
    if not options.network and not (path.is_file() or path.with_suffix(ONNX).is_file()):
        raise ImitationError(
            f"robot {robot.name} has no network for the backend x2cnet: there is no {path}; train "
            f"one with './x2c train', give the path of one as network, or use backend:=solver"
        )
    predictor = load_predictor(path, options.runtime, options.device, options.threads)
    image, landmarks = read_neutral(robot)
    transfer = WarpTransfer(image, landmarks, predictor.config.whole_size)
    return X2CNet(transfer, ImageRetargeter(landmarks), predictor)


TRANSFERS: Mapping[str, Callable[[Robot, BackendOptions], Imitator]] = {"warp": _warp}
"""The kinds of motion transfer that X2CNet can use."""


def _x2cnet(robot: Robot, options: BackendOptions) -> Imitator:
    if options.transfer not in TRANSFERS:
        raise ImitationError(
            f"unknown transfer {options.transfer!r}; the transfers are: {', '.join(TRANSFERS)}"
        )
    try:
        network = TRANSFERS[options.transfer](robot, options)
    except ModuleNotFoundError as error:
        raise ImitationError(
            f"backend x2cnet needs {error.name}: pip install {error.name}, or use backend:=solver"
        ) from error
    if not options.prior:
        return network
    return Blended(network, _solver(robot, options), options.prior)


BACKENDS: Mapping[str, Callable[[Robot, BackendOptions], Imitator]] = {
    "solver": _solver,
    "x2cnet": _x2cnet,
}


def make_imitator(backend: str, robot: Robot, options: BackendOptions | None = None) -> Imitator:
    """Return the imitator of this name for a robot, ready to work.

    Raises:
        ImitationError: No backend has this name, or an option or the network cannot be used.
        RobotError: The robot's folder lacks what the backend needs.
    """
    try:
        make = BACKENDS[backend]
    except KeyError:
        raise ImitationError(
            f"unknown backend {backend!r}; the backends are: {', '.join(BACKENDS)}"
        ) from None
    return make(robot, options or BackendOptions())
