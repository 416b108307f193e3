# SPDX-License-Identifier: Apache-2.0
"""Versions of what a run stands on, found without importing it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

_PACKAGES = {
    "x2c": ("x2c_core", "x2c-core"),
    "numpy": ("numpy",),
    "opencv": (
        *("opencv-contrib-python", "opencv-python", "opencv-python-headless"),
        *("opencv-contrib-python-headless", "opencv"),
    ),
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu"),
    "mujoco": ("mujoco",),
    "rclpy": ("rclpy", "ros-rclpy"),
}


def versions() -> dict[str, str | None]:
    """Return versions by name; None for what is not installed or does not say."""
    found: dict[str, str | None] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "ros_distro": _ros_distro(),
        "git_commit": _git_commit(),
    }
    found.update({name: _version(names) for name, names in _PACKAGES.items()})
    return found


@cache
def _version(names: tuple[str, ...]) -> str | None:
    for name in names:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def _ros_distro() -> str | None:
    return os.environ.get("ROS_DISTRO") or _distro_of_wheels()


@cache
def _distro_of_wheels() -> str | None:
    # Installed as wheels, the distribution is part of a package's name.
    for package in metadata.distributions():
        about = package.metadata
        name = str(about["Name"]) if "Name" in about else ""
        if match := re.fullmatch(r"ros-([a-z]+)-rclpy", name):
            return match[1]
    return None


def _git_commit() -> str | None:
    here = Path(__file__).resolve()
    git = shutil.which("git")
    root = next((one for one in here.parents if (one / ".git").exists()), None)
    if git is None or root is None or not (root / "src" / "x2c_core").is_dir():
        return None
    command = [git, "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
