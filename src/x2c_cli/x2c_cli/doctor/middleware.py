# SPDX-License-Identifier: Apache-2.0
"""Checks of the middleware: settings, and whether big images really get through."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rclpy.node import Node
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import Image

from x2c_bringup.run.composed import ros
from x2c_bringup.shared_files import (
    PROFILE_VARIABLE,
    RANGE_VARIABLE,
    middleware_profile,
)
from x2c_cli.doctor import image_source
from x2c_cli.doctor.finding import Finding, fail, ok, warn
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.qos import IMAGE_SUBSCRIBER
from x2c_node.spinning.executor import GuardedExecutor
from x2c_node.supervision.statistics import summarise

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where it is, no file of ours
_ENOUGH_SHARED_MEMORY = 64 * 2**20
_TIMEOUT = 30.0


def settings() -> Iterator[Finding]:
    """Check the middleware in use and what the environment says about it."""
    identifier = get_rmw_implementation_identifier()
    yield ok("middleware", identifier)
    if "fastrtps" in identifier:
        yield _profile()
    domain = os.environ.get("ROS_DOMAIN_ID", "0")
    reach = os.environ.get(RANGE_VARIABLE)
    if reach == "LOCALHOST":
        yield ok("discovery", f"this machine only, domain {domain}")
    else:
        text = f"{RANGE_VARIABLE}={reach or '(default, subnet)'}, domain {domain}"
        yield ok("discovery", f"{text}: other machines may find the nodes")
    if _SHARED_MEMORY.is_dir():
        free = shutil.disk_usage(_SHARED_MEMORY).free
        text = f"{free / 2**20:.0f} MB free in {_SHARED_MEMORY}"
        if free >= _ENOUGH_SHARED_MEMORY:
            yield ok("shared memory", text)
        else:
            advice = "free some, or give the container more (docker run --shm-size=256m)"
            yield warn("shared memory", text, advice)


def big_images() -> Iterator[Finding]:
    """Send images of 640x480 from another process, best effort, and count what arrives."""
    subject = "big images"
    with ros(as_it_is=True):
        ages = _receive()
    sent = image_source.COUNT
    if not ages:
        advice = (
            f"set {PROFILE_VARIABLE}={middleware_profile()} for every process, "
            "and check that ROS_DOMAIN_ID and firewalls let processes meet"
        )
        yield fail(subject, f"none of {sent} images of 640x480 arrived", advice)
        return
    text = f"{len(ages)} of {sent} images of 640x480 arrived, median {ages_text(ages)}"
    if len(ages) >= 0.9 * sent:
        yield ok(subject, text)
    else:
        advice = "the machine is busy, or the profile is not used by every process"
        yield warn(subject, text, advice)


def ages_text(ages: list[float]) -> str:
    """Return the median of ages [s] for people."""
    return f"{summarise(ages).p50 * 1e3:.1f} ms"


def _receive() -> list[float]:
    node = Node("x2c_doctor", use_global_arguments=False, start_parameter_services=False)
    executor = GuardedExecutor()
    executor.add_node(node)
    ages: list[float] = []

    def take(image: Image) -> None:
        now = node.get_clock().now().nanoseconds
        ages.append((now - to_nanoseconds(image.header.stamp)) * 1e-9)

    node.create_subscription(Image, image_source.TOPIC, take, IMAGE_SUBSCRIBER)
    source = subprocess.Popen([sys.executable, "-P", "-m", image_source.__name__])
    limit = time.monotonic() + _TIMEOUT
    while source.poll() is None and time.monotonic() < limit:
        executor.spin_once(timeout_sec=0.05)
    source.kill()
    source.wait()
    executor.shutdown()
    node.destroy_node()
    return ages


def _profile() -> Finding:
    subject = "Fast DDS profile"
    path = os.environ.get(PROFILE_VARIABLE, "")
    ours = middleware_profile()
    advice = f"set {PROFILE_VARIABLE}={ours}"
    if not path:
        text = "none: images of 640x480 do not get through to best-effort subscribers"
        return warn(subject, text, advice)
    if not Path(path).is_file():
        return fail(subject, f"{PROFILE_VARIABLE}={path}: there is no such file", advice)
    whose = "the project's own" if Path(path).samefile(ours) else "yours"
    return ok(subject, f"{path} ({whose})")
