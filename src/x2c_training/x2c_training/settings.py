# SPDX-License-Identifier: Apache-2.0
"""Settings of a training: sections of a YAML file, each value with its default here.

A file needs to name only what differs from these defaults. Unknown sections and keys are refused,
and so are values of another type or out of their range.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, cast

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.config import WHOLE, Crop, NetworkConfig
from x2c_imitation.x2cnet.transfer.motion_transfer import DEFAULT_TRANSFER
from x2c_training.errors import SettingsError

LOSSES = ("l1", "mse", "huber")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")


def _require(condition: bool, name: str, expected: str, value: object) -> None:
    if not condition:
        raise SettingsError(f"{name}: expected {expected}, got {value!r}")


def _in_range(settings: object, section: str, ranges: dict[str, tuple[float, float]]) -> None:
    for name, (low, high) in ranges.items():
        value = getattr(settings, name)
        fits = math.isfinite(value) and low <= value <= high
        _require(fits, f"{section}.{name}", f"a number from {low:g} to {high:g}", value)


@dataclass(frozen=True)
class NetworkSettings:
    """The network that is trained.

    Attributes:
        backbone: One of `x2c_imitation.x2cnet.network.backbones.backbone.BACKBONES`.
        image_size: Width and height of its input [px].
        crop: Crop of an image for its input: left, top, right, bottom as shares of the image.
        landmarks: Whether it takes the motion of the face's landmarks beside the image.
        frozen: Whether the backbone keeps the weights of the network that the training begins
            with, and only the layers after it learn: minutes instead of hours. Images are then
            not changed at random.
    """

    backbone: str = "resnet18"
    image_size: int = 224
    crop: tuple[float, ...] = WHOLE
    landmarks: bool = False
    frozen: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _in_range(self, "network", {"image_size": (32, 1024)})
        try:
            self.config()
        except NetworkError as error:
            raise SettingsError(f"network.{error}") from error

    def config(self) -> NetworkConfig:
        """Return the network's configuration."""
        return NetworkConfig(
            backbone=self.backbone,
            image_size=self.image_size,
            crop=cast(Crop, self.crop),
            landmarks=self.landmarks,
        )


@dataclass(frozen=True)
class DataSettings:
    """Choice of the pairs for training and validation.

    Attributes:
        train: Split that the network learns from.
        validation: Split that is looked at after every epoch.
        test: Split that the final figures come from.
        limit: Most pairs of the training split, evenly spread; 0 for all.
        transferred: Whether to make motion-transferred images: "auto" where the data set has
            landmarks, "no" never, "yes" or refuse.
        transfer: Motion transfer that makes them. "liveportrait" reads expressions off the data
            set's images, so it needs no landmarks; with it "auto" is "yes".
        transfer_options: Its options, as "name=value" separated by commas.
    """

    train: str = "train"
    validation: str = "val"
    test: str = "test"
    limit: int = 0
    transferred: str = "auto"
    transfer: str = DEFAULT_TRANSFER
    transfer_options: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _in_range(self, "data", {"limit": (0, 1e9)})
        choices = ("auto", "yes", "no")
        _require(
            self.transferred in choices, "data.transferred", " or ".join(choices), self.transferred
        )


@dataclass(frozen=True)
class AugmentationSettings:
    """Limits of random changes of images, made each time they are shown to the network.

    Attributes:
        brightness: Factor from 1 - b to 1 + b.
        contrast: Likewise, about the image's mean grey.
        saturation: Likewise, about each pixel's grey.
        hue: Turn of the hue, from -h to h [turns].
        shift: Way of the image on each axis, from -s to s [image widths].
        scale: Change of its size, factor from 1 - s to 1 + s.
        motion_noise: Deviation of the noise in each number of the landmarks' motion, as people and
            trackers are not like the robot's own landmarks [0.1 interocular distances, rad / 3].
        motion_gain: Deviation of the factor by which each of them is more or less, from 1.
        hidden: Share of images that a network with landmarks does not get to see, so that it reads
            the landmarks too.
    """

    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    hue: float = 0.2
    shift: float = 0.01
    scale: float = 0.02
    motion_noise: float = 0.05
    motion_gain: float = 0.15
    hidden: float = 0.3

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        names = ("brightness", "contrast", "saturation")
        ranges = dict.fromkeys(names, (0.0, 0.95))
        ranges |= {"hue": (0.0, 0.5), "shift": (0.0, 0.25), "scale": (0.0, 0.5)}
        ranges |= {"motion_noise": (0.0, 10.0), "motion_gain": (0.0, 1.0)}
        ranges |= {"hidden": (0.0, 0.95)}
        _in_range(self, "augmentation", ranges)


@dataclass(frozen=True)
class LossSettings:
    """Training loss. Errors are of values scaled to [-1, 1] by upstream's ranges.

    Attributes:
        kind: "l1", "mse" or "huber".
        huber_delta: Error at which Huber's loss turns from quadratic to linear.
        feature_matching: Weight of 1 - cosine between the features of the rendered and of the
            transferred image of the same sample; 0 for none.
        feature_adaptation: Weight of the squared distance between the same features, of which
            those of the transferred image get no gradient; X2CNet++ has 5e-4, 0 is none.
        transferred: Weight of the values' loss on the transferred image, beside that on the
            rendered one, which has weight 1; 0 for none.
        descriptors: Weight of the error of what people read off the face that the values give, as
            the robot's expression model foresees it, beside the values' own; images of both kinds
            count. 0 for none.
        weights: Weight of a control or a group by its name, 1 where there is none.
        gaze_mask: Leave gaze out where both eyes are shut.
    """

    kind: str = "huber"
    huber_delta: float = 0.01
    feature_matching: float = 0.0
    feature_adaptation: float = 0.0
    transferred: float = 0.0
    descriptors: float = 0.0
    weights: dict[str, float] = field(default_factory=dict)
    gaze_mask: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _require(self.kind in LOSSES, "loss.kind", f"one of {', '.join(LOSSES)}", self.kind)
        weights = dict.fromkeys(
            ("feature_matching", "feature_adaptation", "transferred", "descriptors"), (0.0, 1e6)
        )
        _in_range(self, "loss", {"huber_delta": (1e-6, 1e3)} | weights)
        known = (*controls.NAMES, *(group.value for group in Group))
        for name, weight in self.weights.items():
            _require(name in known, "loss.weights", f"one of {', '.join(known)}", name)
            fits = isinstance(weight, int | float) and not isinstance(weight, bool)
            fits = fits and math.isfinite(weight) and weight >= 0.0
            _require(fits, f"loss.weights.{name}", "a number of 0 or more", weight)

    @property
    def needs_transferred(self) -> bool:
        """True when transferred images are needed."""
        return max(self.feature_matching, self.feature_adaptation, self.transferred) > 0.0


@dataclass(frozen=True)
class OptimizerSettings:
    """Optimisation: AdamW, a warm-up, then a cosine down to zero.

    Attributes:
        epochs: Times that every pair is seen.
        batch_size: Pairs in a step, of all processes together.
        learning_rate: The highest.
        weight_decay: Weight decay of matrices; biases and norms have none.
        warm_up: Share of the steps in which the learning rate rises.
        clip: Longest gradient; longer ones are shortened.
    """

    epochs: int = 20
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warm_up: float = 0.02
    clip: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        ranges: dict[str, tuple[float, float]] = {
            "epochs": (1, 100_000),
            "batch_size": (2, 65536),
            "learning_rate": (1e-9, 10.0),
            "weight_decay": (0.0, 10.0),
            "warm_up": (0.0, 0.9),
            "clip": (1e-6, 1e6),
        }
        _in_range(self, "optimizer", ranges)


@dataclass(frozen=True)
class RunSettings:
    """Computation of the training.

    Attributes:
        seed: Random seed.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: Precision where rounding is acceptable: "auto" is bfloat16 on a GPU, or on a CPU
            with AMX, and float32 elsewhere.
        checkpoint_minutes: Longest time between two checkpoints within an epoch [min].
    """

    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    checkpoint_minutes: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _in_range(self, "run", {"seed": (0, 2**31 - 1), "checkpoint_minutes": (0.01, 1e6)})
        choices = f"one of {', '.join(PRECISIONS)}"
        _require(self.precision in PRECISIONS, "run.precision", choices, self.precision)


@dataclass(frozen=True)
class TrainingSettings:
    """All of it, section by section."""

    network: NetworkSettings = field(default_factory=NetworkSettings)
    data: DataSettings = field(default_factory=DataSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    run: RunSettings = field(default_factory=RunSettings)

    def __post_init__(self) -> None:
        """Refuse what cannot be together."""
        matched = max(self.loss.feature_matching, self.loss.feature_adaptation) > 0.0
        if self.network.frozen and matched:
            raise SettingsError(
                "network.frozen leaves the features as they are: set loss.feature_matching and "
                "loss.feature_adaptation to 0"
            )

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return every value, in types that YAML and JSON know."""
        content = dataclasses.asdict(self)
        content["network"]["crop"] = list(self.network.crop)
        return content
