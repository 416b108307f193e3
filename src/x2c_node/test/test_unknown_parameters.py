# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_node.unknown_parameters import given_by_name, sentence

FILE = """
/**: {ros__parameters: {everywhere: 1, both: 1}}
/left/*: {ros__parameters: {beside: 1}}
/**/eye: {ros__parameters: {both: 1, pattern: 1}}
/left/eye: {ros__parameters: {full: 1}}
/left/ear: {ros__parameters: {other: 1}}
"""


@pytest.fixture
def words(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(FILE)
    return ["eye", "--ros-args", "--params-file", str(file), "-p", "a:=1", "--param", "eye:b:=2"]


def test_a_block_for_all_nodes_is_not_meant_for_one(words):
    assert given_by_name(words[:4], "/left/eye", launched=False) == {"both", "pattern", "full"}
    assert given_by_name(words[:4], "/right/eye", launched=False) == {"both", "pattern"}


def test_p_is_meant_for_the_node_unless_a_launch_gives_it_to_all(words):
    assert {"a", "b"} <= given_by_name(words, "/left/eye", launched=False)
    assert not {"a", "b"} & given_by_name(words, "/left/eye", launched=True)


def test_of_a_file_that_cannot_be_read_nothing_is_known(tmp_path):
    words = ["--params-file", str(tmp_path / "gone.yaml")]
    assert given_by_name(words, "/eye", launched=False) is None


def test_the_sentence_is_short_and_helps():
    unknown = ["zom", "colour", "b", "c", "d"]
    assert sentence(unknown, ["zoom", "loop"]) == (
        "ignores parameters that it does not have: zom (did you mean zoom?), colour, b and 2 more"
    )
