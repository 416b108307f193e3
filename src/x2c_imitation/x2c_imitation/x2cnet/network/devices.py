# SPDX-License-Identifier: Apache-2.0
"""Devices on which torch runs networks."""

from __future__ import annotations

import torch

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.config import Device


def torch_device(device: Device | str) -> torch.device:
    """Return torch's device of a name.

    Raises:
        NetworkError: The device is not there.
    """
    if device == Device.CUDA and not torch.cuda.is_available():
        made_for = f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU alone"
        raise NetworkError(
            f"device cuda: this torch, made for {made_for}, finds none: install a torch with "
            "CUDA and NVIDIA's driver, or use device:=cpu"
        )
    return torch.device(str(device))
