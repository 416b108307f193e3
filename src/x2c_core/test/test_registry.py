# SPDX-License-Identifier: Apache-2.0
"""Implementations of installed packages, whole and broken."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import pytest

from x2c_core.system.registry import Registry, RegistryError

GROUP = "x2c.test_lamps"


class Lamp(ABC):
    """Interface that the packages of these tests implement."""

    watts = 5

    @classmethod
    def declaration_fault(cls) -> str:
        """Return what a lamp declares that is impossible."""
        return "" if cls.watts > 0 else f"has a power of {cls.watts}: expected watts above 0"

    @abstractmethod
    def light(self) -> str:
        """Return the colour."""


REGISTRY: Registry[Lamp] = Registry(GROUP, "lamp", f"{__name__}:Lamp")


def install(folder: Path, package: str, points: dict[str, str], source: str = "") -> None:
    """Lay a package out as pip does: one module, and metadata with entry points."""
    (folder / f"{package}.py").write_text(source)
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]))


GOOD = f"""
from {__name__} import Lamp
class Red(Lamp):
    def light(self):
        return "red"
class Dark(Lamp):
    pass
class Stone:
    pass
class Cold(Red):
    watts = -1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    # The packages of these tests import this module by the name it has under pytest.
    monkeypatch.setitem(__import__("sys").modules, __name__, request.module)
    return tmp_path


def test_an_implementation_of_another_package_is_found_and_made(folder):
    install(folder, "lamps_of_others", {"red": "lamps_of_others:Red"}, GOOD)
    assert REGISTRY.names() == ("red",)
    assert REGISTRY.package("red") == "lamps_of_others"
    assert REGISTRY.load("red")().light() == "red"
    assert REGISTRY.problems() == {}


def test_nothing_is_imported_to_list_names(folder):
    install(folder, "lamps_that_explode", {"red": "lamps_that_explode:Red"}, "raise RuntimeError")
    assert REGISTRY.names() == ("red",)


@pytest.mark.parametrize(
    ("point", "source", "text"),
    [
        ("red", "raise RuntimeError('no power')", r"cannot be imported: RuntimeError: no power"),
        ("red", "raise SystemExit(3)", r"cannot be imported: SystemExit: 3"),
        ("red", "import lamp_works.bulbs", r"needs the Python module 'lamp_works', which is not"),
        ("red", "import broken_lamps.wires", r"cannot be imported: ModuleNot.*broken_lamps.wires"),
        ("red", "raise OSError('no\\npower')", r"cannot be imported: OSError: no power"),
        ("missing", GOOD, r"cannot be imported: AttributeError: .*Missing"),
        ("dark", GOOD, r"lacks what every lamp has: light$"),
        ("stone", GOOD, r"broken_lamps:Stone, which is no subclass of Lamp: expected a class"),
        ("cold", GOOD, r"'cold' of the package broken_lamps has a power of -1: expected watts"),
    ],
)
def test_what_is_broken_is_one_sentence_with_its_package_and_the_rest_works(
    folder, point, source, text
):
    install(folder, "good_lamps", {"fine": "good_lamps:Red"}, GOOD)
    install(folder, "broken_lamps", {point: f"broken_lamps:{point.capitalize()}"}, source)
    with pytest.raises(
        RegistryError, match=f"the lamp '{point}' of the package broken_lamps"
    ) as error:
        REGISTRY.load(point)
    with pytest.raises(RegistryError, match=text):
        REGISTRY.load(point)
    assert "\n" not in str(error.value)
    assert REGISTRY.problems() == {point: str(error.value)}
    assert REGISTRY.load("fine")().light() == "red"


def test_two_packages_with_one_name_are_both_named(folder):
    install(folder, "lamps_a", {"red": "lamps_a:Red", "only": "lamps_a:Red"}, GOOD)
    install(folder, "lamps_b", {"red": "lamps_b:Red"}, GOOD)
    text = "lamps_a and lamps_b both provide the lamp 'red': uninstall one of them"
    with pytest.raises(RegistryError, match=text):
        REGISTRY.load("red")
    assert REGISTRY.load("only")().light() == "red"


def test_an_unknown_name_lists_the_known_ones_and_the_closest(folder):
    with pytest.raises(RegistryError, match=r"expected one of: none is installed$"):
        REGISTRY.load("red")
    install(folder, "lamps", {"red": "lamps:Red", "green": "lamps:Red"}, GOOD)
    text = r"unknown lamp 'rde'; expected one of: green, red; did you mean 'red'\?"
    with pytest.raises(RegistryError, match=text):
        REGISTRY.load("rde")


def test_a_package_that_provides_a_name_twice_is_named_once(folder):
    install(folder, "lamps", {"red": "lamps:Red"}, GOOD)
    with (folder / "lamps-1.0.dist-info" / "entry_points.txt").open("a") as file:
        file.write("\nred = lamps:Dark")
    with pytest.raises(RegistryError, match=r"^lamps provides the lamp 'red' 2 times: expected"):
        REGISTRY.load("red")


@pytest.mark.parametrize(
    "value", ["", "lamps", "lamps:", "lamps:Red:Red", "a b c", ":Red", "lamps:Red.light", "1:2"]
)
def test_a_value_that_names_no_class_is_refused_in_one_sentence(folder, value):
    install(folder, "lamps", {"fine": "lamps:Red", "red": value}, GOOD)
    (problem,) = REGISTRY.problems().values()
    assert problem.startswith("the lamp 'red' of the package lamps ")
    assert "\n" not in problem
    assert REGISTRY.load("fine")().light() == "red"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe\x00", "UnicodeDecodeError"), (f"[{GROUP}]\nred".encode(), "TypeError")],
)
def test_entry_points_that_cannot_be_read_hide_no_others(folder, content, reason):
    install(folder, "good_lamps", {"fine": "good_lamps:Red"}, GOOD)
    install(folder, "damaged_lamps", {})
    (folder / "damaged_lamps-1.0.dist-info" / "entry_points.txt").write_bytes(content)
    assert REGISTRY.names() == ("fine",)
    assert REGISTRY.load("fine")().light() == "red"
    start = "the entry points of the package damaged_lamps cannot be read: "
    (problem,) = REGISTRY.problems().items()
    assert problem[0] == "damaged_lamps"
    assert problem[1].startswith(start + reason)


def test_a_package_without_metadata_is_named_by_its_folder(folder):
    install(folder, "bare_lamps", {"red": "bare_lamps:Dark"}, GOOD)
    (folder / "bare_lamps-1.0.dist-info" / "METADATA").unlink()
    assert REGISTRY.package("red") == "bare_lamps"
    assert "of the package bare_lamps lacks" in REGISTRY.problems()["red"]


def test_a_declaration_that_cannot_be_checked_is_a_fault(folder):
    source = f"{GOOD}\n\nclass Odd(Red):\n    watts = 'many'\n"
    install(folder, "odd_lamps", {"odd": "odd_lamps:Odd"}, source)
    text = "the lamp 'odd' of the package odd_lamps cannot be checked: TypeError"
    assert REGISTRY.problems()["odd"].startswith(text)
