# SPDX-License-Identifier: Apache-2.0
import copy
import os
import re

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.errors import RobotError
from x2c_core.robot.coupling import Side
from x2c_core.robot.robot import CommandInterface
from x2c_core.robot.robot_file import FILE_NAME, load_robot

GOOD = {
    "name": "test",
    "units": {"angle": "rad", "length": "m"},
    "description": "A head with a brow.",
    "command_interface": "float64_multi_array",
    "gains": {"brow": 0.5, "mouth": 0.0},
    "expression_model": "model.npz",
    "neutral_image": "face.png",
    "neutral_landmarks": "face.npy",
    "joints": {
        "brow": {
            "type": "prismatic",
            "position": [-0.006, 0.006],
            "velocity": 0.2,
            "acceleration": 5,
            "jerk": 150.0,
        },
        "head": {
            "type": "revolute",
            "position": [-0.5, 0.4],
            "velocity": 1.0,
            "acceleration": 10.0,
            "jerk": 100.0,
            "home": 0.1,
        },
    },
    "mixing": {
        "brow": {"Brow Inner Left": [[0.0, -0.006], [0.6, 0.0], [1.0, 0.006]]},
        "head": {"Head Pitch": 0.7, "Neck Pitch": 0.3},
    },
}
DELETED = object()


def write(folder, content):
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return folder


def changed(key, value):
    """Return the good file with one entry changed; the key is its path."""
    content = copy.deepcopy(GOOD)
    *parents, last = key.split("/")
    entry = content
    for parent in parents:
        entry = entry[parent]
    if value is DELETED:
        del entry[last]
    else:
        entry[last] = value
    return content


def test_good_file_is_read(tmp_path):
    robot = load_robot(write(tmp_path, GOOD))
    assert robot.name == "test"
    assert robot.folder == tmp_path
    assert robot.description == "A head with a brow."
    assert robot.joint_names == ("brow", "head")
    assert robot.command_interface is CommandInterface.FLOAT64_MULTI_ARRAY
    assert robot.gains == {**dict.fromkeys(Group, 1.0), "brow": 0.5, "mouth": 0.0}
    assert robot.expression_model == tmp_path / "model.npz"
    assert robot.neutral_image == tmp_path / "face.png"
    assert robot.neutral_landmarks == tmp_path / "face.npy"
    brow, head = robot.joints
    assert (brow.type, brow.lower, brow.upper, brow.home) == ("prismatic", -0.006, 0.006, 0.0)
    assert (head.velocity, head.acceleration, head.jerk, head.home) == (1.0, 10.0, 100.0, 0.1)


def test_what_can_be_left_out_has_a_default(tmp_path):
    optional = ("description", "command_interface", "gains", "expression_model", "neutral_image")
    optional += ("neutral_landmarks",)
    robot = load_robot(write(tmp_path, {k: v for k, v in GOOD.items() if k not in optional}))
    assert robot.command_interface is CommandInterface.JOINT_STATE
    assert robot.gains == dict.fromkeys(Group, 1.0)
    assert robot.expression_model == tmp_path / "expression_model.npz"
    assert robot.neutral_image == tmp_path / "neutral.png"
    assert robot.neutral_landmarks == tmp_path / "neutral_landmarks.npy"


def test_points_are_offsets_from_home_at_control_values(tmp_path):
    robot = load_robot(write(tmp_path, GOOD))
    for value, expected in ((0.0, -0.006), (0.3, -0.003), (0.6, 0.0), (0.8, 0.003), (1.0, 0.006)):
        targets = robot.mix(controls.from_names({"Brow Inner Left": value}))
        assert targets[0] == pytest.approx(expected)


def test_gains_are_about_the_controls_neutral_and_add_up(tmp_path):
    robot = load_robot(write(tmp_path, GOOD))
    assert robot.joint_targets(controls.NEUTRAL) == pytest.approx(robot.home)
    values = controls.from_names({"Head Pitch": 0.2, "Neck Pitch": -0.1})
    assert robot.mix(values)[1] == pytest.approx(0.1 + 0.7 * 0.2 - 0.3 * 0.1)


def test_gain_about_a_neutral_that_is_not_zero(tmp_path):
    robot = load_robot(write(tmp_path, changed("mixing/head", {"Brow Inner Left": 0.5})))
    assert robot.mix(controls.NEUTRAL)[1] == pytest.approx(0.1)
    assert robot.mix(controls.from_names({"Brow Inner Left": 1.0}))[1] == pytest.approx(0.3)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=30, max_size=30))
def test_targets_of_a_file_are_inside_its_limits(tmp_path_factory, values):
    robot = load_robot(write(tmp_path_factory.mktemp("robot"), GOOD))
    targets = robot.joint_targets(values)
    assert (robot.lower <= targets).all()
    assert (targets <= robot.upper).all()


JOINT = "joints/brow"
LIMIT = {"joint": "head", "by": "brow", "upper": [[0.0, 0.4], [0.006, 0.2]]}
OTHER_WAY = {"joint": "brow", "by": "head", "lower": [[-0.5, -0.006], [0.4, -0.006]]}


def limit(**replaced):
    return [{**LIMIT, **replaced}]


MISTAKES = [
    ("units", DELETED, r"units: missing: write \{angle: rad, length: m\}"),
    ("units", {"angle": "rad"}, r"units\.length: expected m, got nothing"),
    ("units", {"angle": "deg", "length": "m"}, r"units\.angle: expected rad, got 'deg'.*0\.0174"),
    ("units", {"angle": "rad", "length": "mm"}, r"units\.length: expected m, got 'mm'.*0\.001 m"),
    ("units", {"angle": "rad", "length": "m", "time": "s"}, r"units\.time: unknown time"),
    ("joints/head/position", [-30, 20], r"from -12\.6 to 12\.6 \[rad\], got -30"),
    ("joints/head/velocity", 1e9, r"joints\.head\.velocity: expected .* 200 \[rad/s\], got 1000"),
    ("joints/brow/position", [0.0, 1e-7], r"a joint must move by 1e-05 or more, got \[0\.0, 1e"),
    ("offsets", {"ear": 0.1}, r"offsets\.ear: unknown ear"),
    ("offsets", {"mouth": "low"}, r"offsets\.mouth: expected a number from -2 to 2 .*, got 'low'"),
    ("coupled_limits", 3, r"coupled_limits: expected a list of limits, got 3"),
    ("coupled_limits", [3], r"coupled_limits\[0\]: expected keys with values, got 3"),
    (
        "coupled_limits",
        limit(joint="nose"),
        r"coupled_limits\[0\]\.joint: .*brow, head, got 'nose'",
    ),
    ("coupled_limits", limit(by="head"), r"coupled_limits\[0\]\.by: head cannot limit itself"),
    ("coupled_limits", limit(middle=1), r"coupled_limits\[0\]\.middle: unknown middle"),
    (
        "coupled_limits",
        limit(upper=[[0, 0.4]]),
        r"\[0\]\.upper: expected two or more \[position of b",
    ),
    (
        "coupled_limits",
        limit(upper=[[0, 9], [0.006, 0]]),
        r"upper\[0\]: .* \[position of head\], got 9",
    ),
    (
        "coupled_limits",
        limit(upper=[[9, 0], [0.006, 0]]),
        r"upper\[0\]: .* \[position of brow\], got 9",
    ),
    (
        "coupled_limits",
        limit(upper=[[0.006, 0.2], [0, 0.2]]),
        r"must ascend, got \[0\.006, 0\.0\]",
    ),
    (
        "coupled_limits",
        limit(upper=[[0.0, 0.05], [0.006, 0.4]]),
        r"\[0\]\.upper: does not allow the neutral face: at home brow is at 0, .*0\.05.* at 0\.1",
    ),
    (
        "coupled_limits",
        limit(upper=[[0.0, 0.1], [0.006, -0.5]], lower=[[0.0, -0.5], [0.006, 0.4]]),
        r"coupled_limits: head may have no position left: .* up to 0\.4, .* down to -0\.5",
    ),
    (
        "coupled_limits",
        [{key: value for key, value in LIMIT.items() if key != "upper"}],
        r"coupled_limits\[0\]: expected upper or lower",
    ),
    (
        "coupled_limits",
        [LIMIT, OTHER_WAY],
        r"circle: (head limited by brow limited by head|brow limited by head limited by brow)",
    ),
    ("driver", 3, r"driver: expected keys with values, got 3"),
    ("name", DELETED, r"name: expected text, got nothing"),
    ("name", 7, r"name: expected text, got 7"),
    ("name", "", r"name: expected text, got ''"),
    ("desciption", "x", r"desciption: unknown desciption; known are .*description"),
    ("description", ["x"], r"description: expected text, got \['x'\]"),
    ("command_interface", "serial", r"expected one of joint_state, .*, got 'serial'"),
    ("expression_model", None, r"expression_model: expected text, got nothing"),
    ("neutral_image", 3, r"neutral_image: expected text, got 3"),
    ("neutral_landmarks", 3, r"neutral_landmarks: expected text, got 3"),
    ("gains", None, r"gains: expected keys with values, got nothing"),
    ("gains/ear", 1.0, r"gains\.ear: unknown ear; known are brow, "),
    ("gains/brow", -0.1, r"gains\.brow: expected a number from 0 to 10, got -0\.1"),
    ("gains/brow", "high", r"gains\.brow: expected a number .*, got 'high'"),
    ("gains/brow", float("inf"), r"gains\.brow: expected a number .*, got inf"),
    ("gains/brow", True, r"gains\.brow: expected a number .*, got True"),
    ("gains/brow", 10**400, r"gains\.brow: expected a number .*, got 1000"),
    ("joints", DELETED, r"joints: expected keys with values, got nothing"),
    ("joints", {}, r"joints: a robot needs at least one joint"),
    ("joints", ["brow"], r"joints: expected keys with values, got \['brow'\]"),
    (JOINT, 3, r"joints\.brow: expected keys with values, got 3"),
    (f"{JOINT}/speed", 3, r"joints\.brow\.speed: unknown speed; known are .*velocity"),
    (
        f"{JOINT}/type",
        DELETED,
        r"joints\.brow\.type: expected one of revolute, prismatic.*, got nothing",
    ),
    (f"{JOINT}/type", "servo", r"joints\.brow\.type: .*, got 'servo'"),
    (f"{JOINT}/position", DELETED, r"joints\.brow\.position: .*\[lowest, highest\], got nothing"),
    (f"{JOINT}/position", [1.0], r"joints\.brow\.position: .*got \[1\.0\]"),
    (
        f"{JOINT}/position",
        [0.0, "x"],
        r"joints\.brow\.position: expected a number from -2 to 2 \[m\], got 'x'",
    ),
    (f"{JOINT}/position", [1.0, -1.0], r"lowest must be below the highest, got \[1\.0, -1\.0\]"),
    (f"{JOINT}/position", [0.0, 0.0], r"joints\.brow\.position: the lowest must be below"),
    (f"{JOINT}/position", [0.0, float("nan")], r"joints\.brow\.position: .*got nan"),
    (f"{JOINT}/home", 1.0, r"joints\.brow\.home: 1\.0 is outside the position limits"),
    (f"{JOINT}/home", "middle", r"joints\.brow\.home: expected a number .*, got 'middle'"),
    *[
        (f"{JOINT}/{rate}", value, rf"joints\.brow\.{rate}: {expected}")
        for rate in ("velocity", "acceleration", "jerk")
        for value, expected in (
            (DELETED, "expected a number from .*, got nothing"),
            (0.0, r"expected a number from .*, got 0\.0"),
            (-1.0, r"expected a number from .*, got -1\.0"),
            (float("inf"), "expected a number from .*, got inf"),
        )
    ],
    ("mixing", DELETED, r"mixing: expected keys with values, got nothing"),
    ("mixing/nose", {"Nose Wrinkle": 1.0}, r"mixing\.nose: no such joint; .* are: brow, head"),
    ("mixing/head", 0.7, r"mixing\.head: expected keys with values, got 0\.7"),
    (
        "mixing/head",
        {"Smile": 1.0},
        r"mixing\.head\.Smile: unknown control 'Smile'; the controls are",
    ),
    (
        "mixing/head",
        {"Head Yaw": None},
        r"mixing\.head\.Head Yaw: expected a number .*, got nothing",
    ),
    ("mixing/head", {"Head Yaw": []}, r"mixing\.head\.Head Yaw: expected two or more"),
    ("mixing/head", {"Head Yaw": [[0, 0]]}, r"mixing\.head\.Head Yaw: .*got \[\[0, 0\]\]"),
    ("mixing/head", {"Head Yaw": [[0, 0, 0], [1, 1, 1]]}, r"Head Yaw: expected two or more"),
    (
        "mixing/head",
        {"Head Yaw": [[0, 0], [1, "x"]]},
        r"Head Yaw\[1\]: expected a number .*, got 'x'",
    ),
    ("mixing/head", {"Head Yaw": [[1, 0], [0, 1]]}, r"offset\] must ascend, got \[1\.0, 0\.0\]"),
    ("mixing/head", {"Head Yaw": [[0, 0], [0, 1]]}, r"offset\] must ascend, got \[0\.0, 0\.0\]"),
    (
        "mixing/head",
        {"Head Yaw": [[0, 0], [2e-313, 1]]},
        r"offset\] must ascend, got \[0\.0, 2e-313",
    ),
]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    MISTAKES,
    ids=[f"{key}-{i}" for i, (key, *_) in enumerate(MISTAKES)],
)
def test_mistake_is_refused_with_its_key_its_value_and_the_file(tmp_path, key, value, message):
    write(tmp_path, changed(key, value))
    with pytest.raises(RobotError, match=message) as caught:
        load_robot(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / FILE_NAME}: ")
    assert re.search(r"line \d+: ", str(caught.value))


@pytest.mark.parametrize("text", ["", "just text", "- a\n- list\n", "3.5"])
def test_file_without_keys_is_refused(tmp_path, text):
    with pytest.raises(RobotError, match="the file: expected keys with values"):
        load_robot(write(tmp_path, text))


@pytest.mark.parametrize(
    "text", ["a: [1, 2", "\ta: 1", "!!python/object/apply:os.getcwd []", "a: 2001-99-99", "\x00"]
)
def test_text_that_is_no_yaml_is_refused(tmp_path, text):
    with pytest.raises(RobotError, match="is not valid YAML"):
        load_robot(write(tmp_path, text))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(RobotError, match="is not valid YAML"):
        load_robot(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("  head:\n    type", "  brow:\n    type", "joints.brow"),
        ("    jerk: 150.0\n", "    jerk: 150.0\n    jerk: 1.0\n", "joints.brow.jerk"),
        ("Neck Pitch:", "Head Pitch:", "mixing.head.Head Pitch"),
        ("description: A head", "name: A head", "name"),
    ],
)
def test_key_given_twice_is_refused_with_its_name_and_line(tmp_path, old, new, key):
    text = yaml.safe_dump(GOOD, sort_keys=False)
    assert text.count(old) == 1
    changed_text = text.replace(old, new)
    last = key.rpartition(".")[2]
    lines = [n for n, one in enumerate(changed_text.splitlines(), 1) if f"{last}:" in one]
    with pytest.raises(RobotError, match=f"'{last}' is there twice") as caught:
        load_robot(write(tmp_path, changed_text))
    assert any(f"line {line}: {key}: " in str(caught.value) for line in lines[1:])


def test_all_mistakes_are_told_at_once_each_with_its_line(tmp_path):
    text = """name: test
units: {angle: rad, length: m}
joints:
  brow: {type: prismatic, position: [0.006, -0.006], velocity: 0.2, acceleration: 5, jerk: 150}
  head: {type: revolute, position: [-0.5, 0.4], velocity: -1, acceleration: 10, jerk: 100}
mixing:
  brow: {Brow Inner Left: 0.01}
  ear: {Jaw Pitch: 1.0}
speed: fast
"""
    with pytest.raises(RobotError) as caught:
        load_robot(write(tmp_path, text))
    head, *lines = str(caught.value).splitlines()
    assert head == f"{tmp_path / FILE_NAME}: 4 mistakes:"
    assert [line.split(": ")[:2] for line in lines] == [
        ["  line 4", "joints.brow.position"],
        ["  line 5", "joints.head.velocity"],
        ["  line 8", "mixing.ear"],
        ["  line 9", "speed"],
    ]


def test_lines_of_keys_are_kept_for_messages(tmp_path):
    robot = load_robot(write(tmp_path, GOOD))
    text = (tmp_path / FILE_NAME).read_text().splitlines()
    assert "jerk: 100.0" in text[robot.lines["joints.head.jerk"] - 1]


def test_coupled_limits_are_read_drivers_first(tmp_path):
    content = changed("coupled_limits", [LIMIT])
    content["joints"]["jaw"] = content["joints"]["head"]
    chained = {"joint": "brow", "by": "jaw", "lower": [[0.0, -0.006], [0.4, 0.0]]}
    content["coupled_limits"] = [LIMIT, chained]
    robot = load_robot(write(tmp_path, content))
    assert [(one.joint, one.by, one.side) for one in robot.coupled_limits] == [
        (0, 2, Side.LOWER),
        (1, 0, Side.UPPER),
    ]
    assert robot.coupled_limits[1].points == ((0.0, 0.4), (0.006, 0.2))


def test_joint_targets_obey_coupled_limits(tmp_path):
    robot = load_robot(write(tmp_path, changed("coupled_limits", [LIMIT])))
    values = controls.from_names({"Brow Inner Left": 1.0, "Head Pitch": 0.3})
    assert robot.joint_targets(values) == pytest.approx([0.006, 0.2])
    assert robot.mix(values)[1] == pytest.approx(0.1 + 0.21)


def test_offsets_are_of_a_region_or_of_one_control(tmp_path):
    robot = load_robot(write(tmp_path, changed("offsets", {"brow": 0.1, "Brow Inner Left": 0.2})))
    assert robot.offsets[controls.index("Brow Inner Left")] == pytest.approx(0.3)
    assert robot.offsets[controls.index("Brow Outer Right")] == pytest.approx(0.1)
    assert np.count_nonzero(robot.offsets) == 4


def test_a_file_that_names_itself_or_unfolds_without_end_is_refused(tmp_path, monkeypatch):
    with pytest.raises(RobotError, match="nested more than"):
        load_robot(write(tmp_path, "[" * 100_000))
    with pytest.raises(RobotError, match="'a' holds itself"):
        load_robot(write(tmp_path, "joints: &a [*a]\n"))
    huge = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
    )
    with pytest.raises(RobotError, match=r"aliases written out it has .* the limit is 1000000"):
        load_robot(write(tmp_path, huge + "name: *a29\n"))
    monkeypatch.setenv("X2C_MAX_YAML_BYTES", "1000")
    (tmp_path / FILE_NAME).write_text("#" * 1001)
    with pytest.raises(RobotError, match=r"robot\.yaml has 1001 bytes; the limit is 1000: "):
        load_robot(tmp_path)


def test_a_pipe_or_a_device_in_place_of_the_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / FILE_NAME)
    with pytest.raises(RobotError, match=r"cannot read the robot file .*: it is a named pipe"):
        load_robot(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / FILE_NAME).symlink_to("/dev/zero")
    with pytest.raises(RobotError, match=r"cannot read the robot file .*: it is a device"):
        load_robot(tmp_path)


def test_missing_folder_is_refused_with_the_path(tmp_path):
    with pytest.raises(RobotError, match=r"cannot read the robot file .*nobody.*No such file"):
        load_robot(tmp_path / "nobody")


def test_folder_in_place_of_the_file_is_refused(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(RobotError, match="cannot read the robot file"):
        load_robot(tmp_path)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
KEYS = [
    "name", "gains", "gains/brow", "joints", "joints/brow", "joints/brow/position",
    "joints/brow/home", "joints/brow/jerk", "mixing", "mixing/head", "mixing/head/Head Pitch",
    "command_interface", "expression_model", "units", "offsets", "coupled_limits", "driver",
]  # fmt: skip


@given(st.sampled_from(KEYS), anything)
def test_any_value_anywhere_is_refused_or_gives_a_safe_robot(tmp_path_factory, key, value):
    folder = write(tmp_path_factory.mktemp("robot"), changed(key, value))
    try:
        robot = load_robot(folder)
    except RobotError:
        return
    for values in (controls.MINIMUM, controls.NEUTRAL, controls.MAXIMUM):
        with np.errstate(over="ignore"):
            targets = robot.joint_targets(values)
        assert (robot.lower <= targets).all()
        assert (targets <= robot.upper).all()
