# SPDX-License-Identifier: Apache-2.0
"""Revisions of this project, each checked out and installed in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from x2c_cli.errors import RevisionError

_INHERITED = (
    *("PYTHONPATH", "AMENT_PREFIX_PATH", "LD_LIBRARY_PATH", "MUJOCO_GL", "EXTRAS"),
    "PYTHONDONTWRITEBYTECODE",
)
"""Variables of this environment that would mix two revisions, and one, often set in containers,
with which each program would compile every source again. Caches of downloads are shared.
"""

_OURS = ("X2C_", "_X2C_", "_ROS_WHEELS_", "FASTDDS_DEFAULT_PROFILES_FILE")
"""Prefixes of variables that name this environment's files, likewise."""

_SHOWN = 5
"""Lines of a failed program's output that are shown."""

_MB = 1e6


@dataclass(frozen=True)
class Revision:
    """A revision that is installed.

    Attributes:
        name: Name given to it, such as a tag.
        commit: Abbreviated hash of its commit.
        folder: Folder of its checkout.
        set_up: Seconds and sizes of its installation, by what was measured; empty if it was
            installed before.
    """

    name: str
    commit: str
    folder: Path
    set_up: Mapping[str, float]


def repository(here: Path) -> Path:
    """Return the checkout that holds a file of this project.

    Raises:
        RevisionError: The file is in none.
    """
    found = next((one for one in here.resolve().parents if (one / ".git").exists()), None)
    if found is None:
        raise RevisionError(
            "revisions are compared in a clone of the repository, and this is an installation "
            "without one; run 'make bench' in a clone"
        )
    return found


def commit_of(root: Path, name: str) -> str:
    """Return the abbreviated hash of a revision.

    Raises:
        RevisionError: The repository has none of this name.
    """
    command = ["git", "-C", str(root), "rev-parse", "--short=12", "--verify", "--quiet"]
    done = _run([*command, "--end-of-options", f"{name}^{{commit}}"])
    if done.returncode:
        raise RevisionError(
            f"{root} has no revision {name!r}; give a commit, a tag or a branch, see 'git log'"
        )
    return done.stdout.strip()


def install(root: Path, name: str, commit: str, folder: Path) -> Revision:
    """Check a revision out and install it as `make demo` does, unless the folder has it already.

    Args:
        root: Repository.
        name: Name of the revision.
        commit: Abbreviated hash of its commit.
        folder: Folder to check it out in.

    Raises:
        RevisionError: It cannot be checked out, installed or built.
    """
    measured = {}
    check_out(root, commit, folder)
    new = not (folder / ".venv").exists()
    began = time.monotonic()
    _must([str(folder / "scripts" / "setup.sh")], folder)
    measured["set-up [s]"] = time.monotonic() - began
    measured["size of .venv [MB]"] = size(folder / ".venv") / _MB
    # Evaluation may need what is an extra in one revision, and always there in another.
    _must([str(folder / "scripts" / "setup.sh")], folder, {"EXTRAS": "data"})
    _must([str(folder / "scripts" / "build.sh")], folder)
    return Revision(name, commit, folder, measured if new else {})


def check_out(root: Path, commit: str, folder: Path) -> None:
    """Check a commit out in a folder of its own, which is made where it is not there.

    Args:
        root: Repository.
        commit: Abbreviated hash.
        folder: Folder to check it out in.

    Raises:
        RevisionError: git fails.
    """
    if not (folder / ".git").exists():
        # A clone that shares the objects leaves nothing behind in the repository, even if killed.
        _must(["git", "clone", "--quiet", "--shared", "--no-checkout", str(root), str(folder)])
    # It may have been cloned from another clone, which does not have the commit.
    _must(["git", "-C", str(folder), "fetch", "--quiet", str(root), "HEAD", "+refs/*:refs/here/*"])
    _must(["git", "-C", str(folder), "checkout", "--quiet", "--detach", commit])


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for programs of another checkout: nothing of ours is found there."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _INHERITED and not name.startswith(_OURS)
    }
    # The programs of this virtual environment come first in its PATH.
    ours = os.environ.get("X2C_ROOT")
    if ours:
        folders = kept.get("PATH", "").split(os.pathsep)
        kept["PATH"] = os.pathsep.join(one for one in folders if not one.startswith(f"{ours}/"))
    return {**kept, **(extra or {})}


def size(folder: Path) -> int:
    """Return the size of all files of a folder [bytes]; links count as nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            file = Path(place, name)
            if not file.is_symlink():
                total += file.stat().st_size
    return total


def _must(
    command: Sequence[str], folder: Path | None = None, extra: Mapping[str, str] | None = None
) -> None:
    done = _run(command, folder, extra)
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-_SHOWN:])
        raise RevisionError(f"'{' '.join(command)}' ended with {done.returncode}: {said}")


def _run(
    command: Sequence[str], folder: Path | None = None, extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    found = shutil.which(command[0])
    if found is None:
        raise RevisionError(f"comparing revisions needs {command[0]}, which is not found here")
    return subprocess.run(
        [found, *command[1:]],
        cwd=folder,
        env=environment(extra),
        capture_output=True,
        text=True,
        check=False,
    )
