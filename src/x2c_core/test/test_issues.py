# SPDX-License-Identifier: Apache-2.0
"""Issues of a reading, however many and long."""

from x2c_core.files.issues import Issues


def test_the_same_issue_is_counted():
    issues = Issues()
    for _ in range(3):
        issues.add("a frame cannot be used")
        issues.once("the file breaks off")
    assert [str(one) for one in issues] == [
        "a frame cannot be used (3 times)",
        "the file breaks off",
    ]


def test_issues_of_any_number_and_length_take_bounded_memory():
    issues = Issues()
    for number in range(5000):
        issues.add(f"{number} {'x' * 5000}")
        issues.once(f"once {number}")
    found = list(issues)
    assert len(found) <= 1002
    assert max(len(one.text) for one in found) < 1010
    assert sum(one.count for one in found) >= 5000
    assert "of other kinds" in found[-1].text


def test_issues_become_others_and_note_the_same_once():
    here, there = Issues(), Issues()
    here.once("the bag was not finished", loss=False)
    for issues in (here, there):
        issues.once("the file breaks off")
    here.become(there)
    here.once("the file breaks off")
    here.once("another file breaks off")
    assert [one.text for one in here] == ["the file breaks off", "another file breaks off"]
    assert [one.text for one in there] == ["the file breaks off"]
