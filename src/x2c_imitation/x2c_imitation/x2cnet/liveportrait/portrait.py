# SPDX-License-Identifier: Apache-2.0
"""Run LivePortrait's networks on images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from x2c_core.arrays import Array, ImageArray
from x2c_imitation.errors import TransferError
from x2c_imitation.x2cnet.liveportrait.checkpoints import LivePortraitNetworks, load_networks
from x2c_imitation.x2cnet.liveportrait.keypoints import FaceMotion
from x2c_imitation.x2cnet.liveportrait.networks.motion import KEYPOINTS
from x2c_imitation.x2cnet.liveportrait.processor.conversion import for_processor
from x2c_imitation.x2cnet.network.config import Device
from x2c_imitation.x2cnet.network.devices import torch_device

INPUT_SIZE = 256
"""Width and height of the images of faces [pixel]."""


@dataclass(frozen=True)
class Portrait:
    """A portrait, ready to be animated.

    Attributes:
        volume: (1, 32, 16, 64, 64) features.
        motion: Motion of its face.
    """

    volume: Tensor
    motion: FaceMotion


class LivePortrait:
    """Read motion off faces, and show a portrait with other keypoints.

    Args:
        networks: Networks; they are moved to the device, and used up.
        device: Device that computes.
        half: Whether to compute with 16 bits.

    Raises:
        NetworkError: The device is not there.
        TransferError: 16 bits are asked for on a processor, or the device's memory is too small.
    """

    def __init__(
        self, networks: LivePortraitNetworks, device: Device | str = Device.CPU, half: bool = False
    ) -> None:
        _check_precision(device, half)
        self._device, self._half = torch_device(device), half
        with self._computing():
            self._networks = replace(
                networks,
                **{
                    field.name: self._fit(getattr(networks, field.name))
                    for field in fields(networks)
                },
            )

    @classmethod
    def from_folder(
        cls, folder: Path, device: Device | str = Device.CPU, half: bool = False
    ) -> LivePortrait:
        """Return an instance with the weights in a folder.

        Raises:
            NetworkError: A file is missing or cannot be used, or the device is not there.
            TransferError: As for the class itself.
        """
        # Before hundreds of megabytes are read.
        _check_precision(device, half)
        return cls(load_networks(folder), device, half)

    def motion(self, image: ImageArray) -> FaceMotion:
        """Return the motion of the face in an image (256, 256, 3) RGB."""
        with self._computing():
            return FaceMotion.of_outputs(self._networks.motion(self._tensor(image)))

    def portrait(self, image: ImageArray) -> Portrait:
        """Return what an image (256, 256, 3) RGB of a face is animated from."""
        with self._computing():
            return Portrait(self._networks.appearance(self._tensor(image)), self.motion(image))

    def stitched(self, source: Tensor, driving: Tensor) -> Tensor:
        """Return driving keypoints (1, 21, 3), shifted so that the portrait's shoulders stay."""
        with self._computing():
            both = torch.cat([source.flatten(1), driving.flatten(1)], dim=1)
            shift: Tensor = self._networks.stitching(both).float()
            each, all_of_them = shift[:, :-2].reshape(-1, KEYPOINTS, 3), shift[:, None, -2:]
            return driving + each + nn.functional.pad(all_of_them, (0, 1))

    def eye_shift(self, source: Tensor, ratios: Array, wanted: float) -> Tensor:
        """Return the shift (1, 21, 3) that opens a portrait's eyes to a ratio.

        Args:
            source: (1, 21, 3) keypoints of the portrait.
            ratios: (2,) ratios of height and width of its eyes.
            wanted: Ratio to which they open.
        """
        return self._shift(self._networks.eyes, source, [*ratios.tolist(), wanted])

    def lip_shift(self, source: Tensor, ratio: float, wanted: float) -> Tensor:
        """Return the shift (1, 21, 3) that opens a portrait's lips to a ratio.

        Args:
            source: (1, 21, 3) keypoints of the portrait.
            ratio: Ratio of height and width of its mouth.
            wanted: Ratio to which it opens.
        """
        return self._shift(self._networks.lips, source, [ratio, wanted])

    def render(self, portrait: Portrait, keypoints: Tensor) -> ImageArray:
        """Return the image (512, 512, 3) RGB of a portrait with other keypoints (1, 21, 3)."""
        with self._computing():
            warped = self._networks.warping(portrait.volume, keypoints, portrait.motion.keypoints)
            image = self._networks.generator(warped.features)[0].permute(1, 2, 0)
            pixels = (255.0 * image.float()).round().clamp(0.0, 255.0).to(torch.uint8)
            return np.asarray(pixels.cpu().numpy())

    def _fit(self, network: nn.Module) -> nn.Module:
        """Return a network on the device, and as it is fastest there."""
        moved = network.to(self._device)
        return for_processor(moved) if self._device.type == Device.CPU else moved

    def _shift(self, network: nn.Module, source: Tensor, numbers: list[float]) -> Tensor:
        with self._computing():
            given = torch.tensor([numbers], dtype=source.dtype, device=source.device)
            shift: Tensor = network(torch.cat([source.flatten(1), given], dim=1))
            return shift.float().reshape(-1, KEYPOINTS, 3)

    def _tensor(self, image: ImageArray) -> Tensor:
        if image.shape != (INPUT_SIZE, INPUT_SIZE, 3):
            raise TransferError(
                f"expected an image of {INPUT_SIZE} x {INPUT_SIZE} pixels in colour, got the "
                f"shape {image.shape}"
            )
        pixels = torch.from_numpy(np.ascontiguousarray(image)).to(self._device)
        return pixels.permute(2, 0, 1)[None].float() / 255.0

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Compute without gradients, and say in one sentence if the memory is too small."""
        kind = self._device.type
        try:
            with (
                torch.inference_mode(),
                torch.autocast(kind, torch.float16, enabled=self._half),
            ):
                yield
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise TransferError(
                "LivePortrait: the memory of the GPU is too small beside what else runs there; "
                "use half=true, end other programs, or use device=cpu"
            ) from error


def _check_precision(device: Device | str, half: bool) -> None:
    if half and device != Device.CUDA:
        raise TransferError(
            f"half: 16 bits are slow and inexact on {device}: use half=false, or device=cuda"
        )
