# SPDX-License-Identifier: Apache-2.0
"""What docs/deployment.md says of the image of a container."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = ROOT / "docker" / "Dockerfile"


def test_the_image_copies_what_there_is():
    text = DOCKERFILE.read_text()
    copied = re.findall(r"^COPY (\S+) ", text, re.MULTILINE)
    assert "." in copied
    assert all((ROOT / one).exists() for one in copied)
    for package in re.findall(r"x2c_\w+", re.search(r'PACKAGES="(.*)"', text)[1]):
        assert (ROOT / "src" / package / "package.xml").is_file()
    assert os.access(ROOT / "docker" / "entrypoint.sh", os.X_OK)


def test_the_image_has_the_system_packages_of_the_guide():
    guide = (ROOT / "docs" / "installation.md").read_text()
    (wanted,) = re.findall(r"sudo apt install (.*libosmesa6)", guide)
    assert set(wanted.split()) <= set(DOCKERFILE.read_text().split())


def test_no_recording_goes_into_an_image():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", "out", "recordings", "build", "install", ".venv*"} <= set(ignored)
