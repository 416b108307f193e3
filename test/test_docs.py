# SPDX-License-Identifier: Apache-2.0
"""README.md and docs/ agree with the code, and their links lead somewhere."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import yaml

import docs_tables
import parameter_comments
from x2c_cli.commands import COMMANDS
from x2c_core.control_space import controls
from x2c_core.robot import robot_reader
from x2c_core.robot.robot_file import load_robot

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("config/**/*.md"))
    if not path.is_symlink()
)
MOST_BYTES_OF_README = 12288

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_IMAGE = re.compile(r'src="([^"]+)"')
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def tables() -> dict[str, str]:
    return docs_tables.tables()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_tables_are_those_of_the_code(page: Path, tables: dict[str, str]) -> None:
    text = page.read_text(encoding="utf-8")
    assert docs_tables.filled(text, tables) == text, "run scripts/docs_tables.py"


def test_comments_of_the_parameter_file_are_those_of_the_code() -> None:
    text = parameter_comments.FILE.read_text(encoding="utf-8")
    made = parameter_comments.commented(text, parameter_comments.descriptions())
    assert made == text, "run scripts/parameter_comments.py"


def test_every_table_is_on_exactly_one_page(tables: dict[str, str]) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert sorted(re.findall(r"<!-- table: (\w+) -->", text)) == sorted(tables)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    for link in sorted({*_LINK.findall(text), *_IMAGE.findall(text)}):
        if re.match(r"https?:|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub and the site give to a page's headings."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = set()
    for heading in _HEADING.findall(text):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(plain.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_make_targets_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    code = "\n".join(_CODE.findall(page.read_text(encoding="utf-8")))
    for target in sorted(set(re.findall(r"(?:^|`)make ([a-z]+)", code, re.MULTILINE))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_readme_is_short() -> None:
    assert README.stat().st_size <= MOST_BYTES_OF_README


def test_the_readme_leads_to_every_guide() -> None:
    reached: set[Path] = set()
    waiting = [README]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        links = _LINK.findall(page.read_text(encoding="utf-8"))
        paths = [(page.parent / link.partition("#")[0]).resolve() for link in links]
        waiting += [path for path in paths if path.suffix == ".md" and path.is_file()]
    assert set(ROOT.glob("docs/*.md")) <= reached


def test_continuous_integration_runs_what_exists() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    commands = "\n".join(step.get("run", "") for step in steps)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z]+)", commands, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    files = re.findall(
        r"(?:src/x2c/|pytest |^)(\.?[\w-]+(?:/[\w-]+)*(?:\.txt|\.py|/run))", commands, re.M
    )
    assert {"requirements-ros.txt", "requirements-dev.txt", "test/test_launch.py", ".ci/run"} <= {
        *files
    }
    for file in files:
        assert (ROOT / file).is_file(), file


def test_every_page_is_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = set(re.findall(r"^ +- .+: (\S+\.md)$", text, re.MULTILINE))
    assert {path.name for path in ROOT.glob("docs/*.md")} <= pages


def test_the_architecture_names_packages_and_folders_that_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    packages = {path.parent.name for path in ROOT.glob("src/*/package.xml")}
    named = re.findall(r"^\| `(x2c_\w+)` \|", text, re.MULTILINE)
    assert sorted(named) == sorted(packages)
    for package, folder in re.findall(r"`(x2c_\w+)/([\w/]+)`", text):
        assert (ROOT / "src" / package / package / folder).is_dir(), f"{package}/{folder}"


# The changelog also names what there was.
@pytest.mark.parametrize("page", [one for one in PAGES if one.stem != "CHANGELOG"], ids=page_id)
def test_commands_and_modules_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = set(re.findall(r"\./x2c ([a-z][a-z-]+)", text))
    assert commands <= {*COMMANDS}, commands - {*COMMANDS}
    for module in set(re.findall(r"(?:python -m|-m|from) (x2c_[\w.]+)", text)):
        assert find_spec(module.rstrip(".")), module


def test_the_page_on_robot_yaml_names_every_key_and_its_example_loads(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "robot_yaml.md").read_text(encoding="utf-8")
    for key in (*robot_reader._KEYS, *robot_reader._RATES, *robot_reader._ALLOWED, "home"):
        assert f"`{key}`" in text or f"## {key}" in text, key
    example = next(one for one in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL))
    (tmp_path / "robot.yaml").write_text(example, encoding="utf-8")
    robot = load_robot(tmp_path)
    assert robot.joint_names == ("jaw", "brow_left")
    lowest = dict(zip(controls.NAMES, controls.NEUTRAL, strict=True)) | {"Jaw Pitch": 0.0}
    np.testing.assert_allclose(robot.joint_targets(list(lowest.values())), [-0.4, 0.0], atol=0.01)
