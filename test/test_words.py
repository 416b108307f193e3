# SPDX-License-Identifier: Apache-2.0
"""Docstrings and messages keep to the rules for texts in CONTRIBUTING.md."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Packages whose texts are not yet in order.
PACKAGES = sorted(
    folder.name for folder in (ROOT / "src").iterdir() if (folder / folder.name).is_dir()
)
QUESTION = re.compile(r"(What|Who|Whose|Whoever|Where|How|Whether|Which|When|Why)\b")
# Verbs that are no nouns too.
THIRD_PERSON = re.compile(
    "(Reads|Writes|Makes|Shows|Keeps|Finds|Takes|Gives|Moves|Publishes|Subscribes|Collects|Follows"
    "|Prepares|Builds|Serves|Transfers"
    "|Tells|Brings|Chooses|Carries|Compares|Evaluates|Refuses|Computes|Creates|Returns)\\b"
)
ALIAS = re.compile(
    r"^(?:Array|ImageArray|ImageBatch|Indices|Mask|Places) = NDArray\b", re.MULTILINE
)
ARGUMENT = re.compile(
    r"^\s+(\*{0,2}\w+(?:, \w+)*: )(?:Of|That|What|Who|Whose|Where|How|Which|When|Why)\b",
    re.MULTILINE,
)
WORDS = re.compile(
    r"\b(anew|whoever|whomever|somebody|nobody|as it should|pictures?)\b", re.IGNORECASE
)


def python_files(package: str) -> list[Path]:
    """Return the modules of a package, without its tests."""
    return sorted((ROOT / "src" / package / package).rglob("*.py"))


def problems(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and reason of each text in Python source that breaks a rule."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            doc = str(node.value.value)
            summary = doc.strip().partition("\n")[0]
            if THIRD_PERSON.match(summary):
                yield node.lineno, f"summary is neither noun phrase nor imperative: {summary}"
            if QUESTION.match(summary):
                yield (
                    node.lineno,
                    f"summary is a clause, not a noun phrase or imperative: {summary}",
                )
            for match in ARGUMENT.finditer(doc):
                at = node.lineno + doc[: match.start(1)].count("\n")
                yield at, f"say what the argument is: {match[0].strip()}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            for match in WORDS.finditer(node.value):
                at = node.lineno + node.value[: match.start()].count("\n")
                yield at, f"word to replace: {match[0]}"

    if not WORDS.search(text):
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and (match := WORDS.search(token.string)):
            yield token.start[0], f"word to replace: {match[0]}"


@pytest.mark.parametrize("package", PACKAGES)
def test_texts_keep_to_the_rules(package):
    found = [
        f"{path.relative_to(ROOT)}:{line}: {reason}"
        for path in python_files(package)
        for line, reason in problems(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder", ["docs", "config", "."])
def test_pages_keep_to_the_words(folder):
    pages = (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")
    texts = {page: page.read_text(encoding="utf-8") for page in sorted(pages)}
    found = [
        f"{page.relative_to(ROOT)}: {match[0]}"
        for page, text in texts.items()
        if page != ROOT / "CHANGELOG.md"
        for match in WORDS.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_types_of_arrays_have_one_home(package):
    home = ROOT / "src" / "x2c_core" / "x2c_core" / "arrays.py"
    found = [path for path in python_files(package) if ALIAS.search(path.read_text("utf-8"))]
    assert [path for path in found if path != home] == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('"""What a robot does."""', "summary"),
        ('def f(a):\n    """Do it.\n\n    Args:\n        a: Of the robot.\n    """', "argument"),
        ('"""Reads a file."""', "summary"),
        ('raise ValueError("start it anew")', "anew"),
        ("x = 1  # whoever reads it", "whoever"),
        ('x = f"the picture {1} is small"', "picture"),
    ],
)
def test_a_text_against_the_rules_is_found(source, reason):
    assert reason in next(problems(source))[1]


def test_a_text_within_the_rules_is_not():
    source = 'def f(a):\n    """Return it.\n\n    Args:\n        a: Image of the robot.\n    """'
    assert list(problems(source)) == []
