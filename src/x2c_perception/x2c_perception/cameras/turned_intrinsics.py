# SPDX-License-Identifier: Apache-2.0
"""Intrinsics of a camera whose images are turned."""

from __future__ import annotations

import dataclasses

import numpy as np

from x2c_core.arrays import Array
from x2c_core.sources.camera_source import CameraIntrinsics

_TANGENTIAL = ("plumb_bob", "rational_polynomial")
"""Models whose third and fourth coefficients have a direction."""


def turned_intrinsics(intrinsics: CameraIntrinsics, degrees: int) -> CameraIntrinsics:
    """Return the intrinsics of images that are turned clockwise.

    The camera's optical frame turns with the images: x stays right, and y down.

    Args:
        intrinsics: Intrinsics of the images before.
        degrees: A multiple of 90 [deg].
    """
    for _ in range(degrees // 90 % 4):
        intrinsics = _quarter(intrinsics)
    return intrinsics


def _quarter(one: CameraIntrinsics) -> CameraIntrinsics:
    # A pixel (u, v) goes to (height - 1 - v, u).
    pixels = np.array([[0.0, -1.0, one.height - 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    frame = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    k, r = np.reshape(one.k, (3, 3)), np.reshape(one.r, (3, 3))
    p = np.reshape(one.p, (3, 4))
    points = np.eye(4)
    points[:3, :3] = frame
    d = one.d
    if one.distortion_model in _TANGENTIAL and len(d) >= 4:
        d = (d[0], d[1], d[3], -d[2], *d[4:])
    return dataclasses.replace(
        one,
        width=one.height,
        height=one.width,
        d=d,
        k=_row(pixels @ k @ frame.T),
        r=_row(frame @ r @ frame.T),
        p=_row(pixels @ p @ points.T),
    )


def _row(matrix: Array) -> tuple[float, ...]:
    return tuple(float(value) + 0.0 for value in matrix.ravel())
