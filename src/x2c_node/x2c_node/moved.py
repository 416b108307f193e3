# SPDX-License-Identifier: Apache-2.0
"""Executables that have moved to another package."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from ament_index_python import PackageNotFoundError, get_package_prefix


def run_moved(package: str, executable: str) -> NoReturn:
    """Run an executable of another package in place of this process; say where it is.

    Args:
        package: Package that has the executable now.
        executable: Name of the executable.
    """
    place = f"ros2 run {package} {executable}"
    try:
        program = Path(get_package_prefix(package), "lib", package, executable)
    except PackageNotFoundError:
        sys.exit(f"error: {executable} is now in the package {package}: install it, then {place}")
    print(f"{executable} is now in the package {package}: {place}", file=sys.stderr, flush=True)
    try:
        os.execv(program, [str(program), *sys.argv[1:]])  # noqa: S606 - installed beside this one
    except OSError as error:
        sys.exit(f"error: cannot run {program}: {error.strerror}; install {package} again")
