# SPDX-License-Identifier: Apache-2.0
"""How to install what is missing."""

import re
import sys
from pathlib import Path

import pytest

from x2c_core.system import optional_modules
from x2c_core.system.optional_modules import how_to_install

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("torch.nn", "make setup EXTRAS=train"),
        ("distributed", "make setup EXTRAS=cluster"),
        ("pyarrow.parquet", "make setup EXTRAS=data"),
        ("serial", "pip install serial"),
    ],
)
def test_in_the_projects_environment_extras_are_named(tmp_path, monkeypatch, module, command):
    (tmp_path / "x2c_setup").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert how_to_install(module) == command


def test_elsewhere_the_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert how_to_install("skimage.data") == "pip install scikit-image"


def test_extras_have_what_they_are_said_to_have():
    for module, extra in optional_modules._EXTRAS.items():
        file = ROOT / f"requirements-{extra}.txt"
        if not file.is_file():
            pytest.skip("the package is tested without the repository's requirements")
        package = optional_modules._PACKAGES.get(module, module)
        assert re.search(rf"^{package}==", file.read_text(), re.MULTILINE)
