# SPDX-License-Identifier: Apache-2.0
"""Sentences that say how to install a Python module that not everyone needs."""

from __future__ import annotations

import sys
from pathlib import Path

_EXTRAS = {
    "distributed": "cluster",
    "foxglove": "viewers",
    "onnx": "train",
    "onnxscript": "train",
    "pandas": "notebook",
    "pyarrow": "data",
    "rerun": "viewers",
    "rerun_cli": "viewers",
    "scipy": "train",
    "skimage": "train",
    "sounddevice": "microphone",
    "tensorboard": "train",
    "torch": "train",
}
"""Extras of the project's own environment, by the modules that they are for."""

_PACKAGES = {
    "foxglove": "foxglove-sdk",
    "rerun": "rerun-sdk",
    "rerun_cli": "rerun-sdk",
    "skimage": "scikit-image",
}
"""Packages of the index that are not named as their module."""


def is_optional(module: str) -> bool:
    """Return whether only some commands need a module.

    Args:
        module: Dotted name of the module.
    """
    return module.partition(".")[0] in _EXTRAS


def how_to_install(module: str) -> str:
    """Return the command that installs a Python module.

    Args:
        module: Dotted name of the module.
    """
    top = module.partition(".")[0]
    extra = _EXTRAS.get(top)
    if extra and (Path(sys.prefix) / "x2c_setup").exists():
        return f"make setup EXTRAS={extra}"
    return f"pip install {_PACKAGES.get(top, top)}"
