# SPDX-License-Identifier: Apache-2.0
"""Sentences that say how to install what is missing."""

from __future__ import annotations

import os

from x2c_core.system.optional_modules import how_to_install


def installation(package: str) -> str:
    """Return the command that installs a ROS package.

    Args:
        package: Name of the package.
    """
    distribution = os.environ.get("ROS_DISTRO") or "$ROS_DISTRO"
    return f"sudo apt install ros-{distribution}-{package.replace('_', '-')}"


def module_installation(module: str) -> str:
    """Return a sentence on how to install a Python module.

    Args:
        module: Dotted name of the module.
    """
    top = module.partition(".")[0]
    if top.startswith("x2c_"):
        return f"{installation(top)}, or build the package {top} with colcon"
    return how_to_install(module)
