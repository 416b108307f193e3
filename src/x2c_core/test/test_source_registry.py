# SPDX-License-Identifier: Apache-2.0
"""The choice of a source by what a user gives, among sources that work and that do not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from x2c_core.sources.expression_source import ExpressionSource
from x2c_core.sources.source import SourceError
from x2c_core.sources.source_registry import SourceRegistry
from x2c_core.system.registry import RegistryError

GROUP = "x2c.test_sources"
REGISTRY: SourceRegistry[ExpressionSource] = SourceRegistry(
    GROUP, "expression source", "x2c_core.sources.expression_source:ExpressionSource"
)

MODULE = """
from x2c_core.sources.expression_source import ExpressionSource
class Wave(ExpressionSource):
    takes = "a .wave file"
    @classmethod
    def accepts(cls, text):
        return text.endswith(".wave")
    def at(self, time):
        return None
class Better(Wave):
    priority = 5
    takes = "a better .wave file"
class Named(ExpressionSource):
    def at(self, time):
        return None
class Lazy(ExpressionSource):
    pass
class Doubtful(Wave):
    priority = 9
    @classmethod
    def accepts(cls, text):
        raise ValueError("no idea\\nat all")
class Odd(Wave):
    priority = "high"
class Optional(Wave):
    class Options:
        colours = []
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Lay packages out as pip does: install(package, name="module:Class")."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(package: str, source: str = MODULE, **points: str) -> None:
        monkeypatch.delitem(sys.modules, package, raising=False)
        (tmp_path / f"{package}.py").write_text(source)
        metadata = tmp_path / f"{package}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
        lines = [f"{name} = {package}:{value}" for name, value in points.items()]
        (metadata / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]))

    return install


def test_a_path_comes_before_a_source_of_the_same_name(install, tmp_path, monkeypatch):
    install("waves", wave="Wave", named="Named")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "named").mkdir()
    with pytest.raises(SourceError, match="'named' is no expression source"):
        REGISTRY.choose("named")
    assert REGISTRY.choose("named:x")[0].__name__ == "Named"


def test_a_source_is_chosen_by_its_name_or_by_what_it_accepts(install):
    install("waves", wave="Wave", named="Named")
    cls, text = REGISTRY.choose("a/b.wave")
    assert (cls.__name__, text) == ("Wave", "a/b.wave")
    assert [(c.__name__, t) for c, t in map(REGISTRY.choose, ("named", "named:x:y"))] == [
        ("Named", ""),
        ("Named", "x:y"),
    ]


def test_of_several_that_accept_the_one_of_higher_priority_is_taken(install):
    install("waves_of_two", wave="Wave", better="Better")
    assert REGISTRY.choose("a.wave")[0].__name__ == "Better"


def test_what_no_source_accepts_is_refused_with_what_is_expected(install):
    install("waves_only", wave="Wave", named="Named")
    expected = (
        r"^'a.mp3' is no expression source; expected a .wave file or NAME:TEXT with NAME one of "
        "named$"
    )
    with pytest.raises(SourceError, match=expected):
        REGISTRY.choose("a.mp3")


@pytest.mark.parametrize(
    ("point", "source", "reason"),
    [
        ("Lazy", MODULE, "'bad' of the package bad_waves lacks what .* has: at"),
        ("Odd", MODULE, "'bad' of the package bad_waves has priority = 'high': expected int"),
        (
            "Optional",
            MODULE,
            "'bad' of the package bad_waves has the options .*: expected a",
        ),
        ("Wave", "raise OSError('no disk')", r"'bad' of the package bad_waves .*OSError: no disk"),
        ("Doubtful", MODULE, "bad_waves.Doubtful.accepts: ValueError: no idea at all"),
    ],
)
def test_what_is_broken_is_named_in_the_end_and_the_rest_works(install, point, source, reason):
    install("good_waves", wave="Wave")
    install("bad_waves", source, bad=point)
    assert REGISTRY.choose("a.wave")[0].__module__ == "good_waves"
    with pytest.raises(SourceError, match=reason) as caught:
        REGISTRY.choose("a.mp3")
    assert "\n" not in str(caught.value)
    if point != "Doubtful":
        with pytest.raises(RegistryError, match=reason):
            REGISTRY.choose("bad:a.wave")
