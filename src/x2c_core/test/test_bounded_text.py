# SPDX-License-Identifier: Apache-2.0
"""YAML and JSON that would unfold to more than is there."""

import pytest

from x2c_core.files.bounded_json import load_json, load_json_file
from x2c_core.files.bounded_yaml import YAMLTextError, load_yaml, load_yaml_file
from x2c_core.files.input_limits import LimitError


def bomb(levels, width=10):
    lines = [f"a0: &a0 [{', '.join('x' * width)}]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * width)}]" for k in range(1, levels)]
    return "\n".join(lines)


def merges(levels, width=10):
    lines = ["a0: &a0 {x: 1}"]
    lines += [
        f"a{k}: &a{k} {{<<: [{', '.join([f'*a{k - 1}'] * width)}]}}" for k in range(1, levels)
    ]
    return "\n".join(lines)


@pytest.mark.parametrize("text", [bomb(12), merges(12)], ids=["lists", "merge keys"])
def test_aliases_that_unfold_without_end_are_refused(text):
    with pytest.raises(YAMLTextError, match=r"aliases written out it has .* is 1000000: .*VALUES"):
        load_yaml(text)


def test_the_limit_counts_every_value(monkeypatch):
    text = "a: &a [1, 2]\nb: [*a, *a]"
    monkeypatch.setenv("X2C_MAX_YAML_VALUES", "13")
    assert load_yaml(text) == {"a": [1, 2], "b": [[1, 2], [1, 2]]}
    monkeypatch.setenv("X2C_MAX_YAML_VALUES", "11")
    with pytest.raises(YAMLTextError, match="has 13 values; the limit is 11: "):
        load_yaml(text)


def test_an_anchor_has_a_name_of_its_own():
    with pytest.raises(YAMLTextError, match="duplicate anchor"):
        load_yaml("a: &a [1]\nb: &a 2\nc: *a")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("&a [*a]", "'a' holds itself"),
        ("a: &a {b: [*a]}", "'a' holds itself"),
        ("[" * 60, "nested more than 50 deep"),
        ("!!python/object:os.system {}", "could not determine a constructor"),
        ("a: [", "did not find expected"),
        ("{[1]: 2}", "unhashable"),
        ("2024-99-99", "month must be"),
        ("a: *b", "undefined alias"),
    ],
)
def test_what_is_no_plain_yaml_is_refused(text, reason):
    with pytest.raises(YAMLTextError, match=reason):
        load_yaml(text)


def test_a_yaml_file_above_the_limit_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\n")
    assert load_yaml_file(file) == {"a": 1}
    monkeypatch.setenv("X2C_MAX_YAML_BYTES", "4")
    with pytest.raises(LimitError, match=r"a\.yaml has 5 bytes; the limit is 4: "):
        load_yaml_file(file)


def test_json_is_bounded_in_depth_and_size(tmp_path, monkeypatch):
    assert load_json('{"a": [1]}') == {"a": [1]}
    with pytest.raises(ValueError, match="nested too deeply"):
        load_json("[" * 100_000)
    file = tmp_path / "a.json"
    file.write_text("[1]")
    assert load_json_file(file) == [1]
    monkeypatch.setenv("X2C_MAX_TEXT_BYTES", "2")
    with pytest.raises(LimitError, match=r"a\.json has 3 bytes; the limit is 2: "):
        load_json_file(file)
