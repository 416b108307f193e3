# SPDX-License-Identifier: Apache-2.0
"""Only a driver's own file knows it: all others ask the interface."""

from __future__ import annotations

import ast
import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from x2c_motors.drivers import DRIVERS
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.emulators import EMULATORS

ROOT = Path(__file__).resolve().parents[3]
FAULTS = tuple(f"x2c_cli/faults/scenarios/{name}.py" for name in ("scenarios", "titles"))
"""Faults of the emulated buses of two makers, which are named after them."""


def own_files() -> set[str]:
    """Return the files in which drivers and emulators are, below their packages."""
    points = [*entry_points(group=DRIVERS.group), *entry_points(group=EMULATORS.group)]
    return {f"{point.module.replace('.', '/')}.py" for point in points}


def modules() -> list[Path]:
    known = own_files()
    found = [path for path in ROOT.glob("src/*/x2c_*/**/*.py") if "test" not in path.parts]
    assert len(found) > 400
    return [path for path in found if not path.as_posix().endswith((*known, *FAULTS))]


def words(path: Path, wanted: re.Pattern[str]) -> set[str]:
    """Return names and texts in the code of a module, without comments and docstrings.

    Only modules with a text that is wanted are parsed: the others have none of them.
    """
    text = path.read_text(encoding="utf-8")
    if not wanted.search(text):
        return set()
    tree = ast.parse(text)
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set() if id(node) in documents else {node.value}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(alias.name for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_no_module_names_a_driver():
    ours = [name for name in DRIVERS.names() if DRIVERS.package(name) == "x2c_motors"]
    assert len(ours) >= 5
    named = re.compile("|".join(ours), re.IGNORECASE)
    found = {
        str(path.relative_to(ROOT)): sorted(filter(named.search, words(path, named)))
        for path in modules()
    }
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "name",
    sorted(
        {name for name in vars(MotorDriver) | MotorDriver.__annotations__ if name[0] != "_"}
        - {"options", "outside", "write", "read", "can_scan", "declaration_fault", "at_port"}
        - {"without_watchdog", "place", "joint_indices", "longest_retry"}
    ),
)
def test_the_page_on_drivers_names_everything_that_a_driver_has(name):
    page = (ROOT / "docs" / "add_a_motor_driver.md").read_text(encoding="utf-8")
    assert re.search(rf"`{name}\b", page), f"docs/add_a_motor_driver.md lacks {name}"
