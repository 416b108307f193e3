# SPDX-License-Identifier: Apache-2.0
import argparse
import subprocess
import sys

import pytest

from x2c_cli import cli
from x2c_cli.commands import COMMANDS
from x2c_cli.commands.robots import robots
from x2c_node.errors import ThreadError
from x2c_node.robots import find_robot


@pytest.fixture
def run(capsys):
    """Run a command line in this process."""

    def start(*words):
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(words, ended.value.code or 0, out, err)

    return start


def commands_of(parser, name=""):
    """Return the parsers of a command and of those below it."""
    found = [
        parser
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for word, parser in action.choices.items()
        if name in ("", word)
    ]
    return [*found, *(each for one in found for each in commands_of(one))]


@pytest.mark.process
def test_the_command_is_a_program():
    done = subprocess.run(
        [sys.executable, "-P", "-m", "x2c_cli.cli", "--help"],
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0
    assert set(COMMANDS) <= set(done.stdout.split())


def test_help_lists_every_command(run):
    done = run("--help")
    assert done.returncode == 0
    assert set(COMMANDS) <= set(done.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(run, command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert "usage: x2c" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_states_each_default_once(command):
    for one in commands_of(cli.parser([command]), command):
        formatter = one._get_formatter()
        texts = [formatter._expand_help(action) for action in one._actions if action.help]
        stated = [text for text in texts if "default" in text]
        assert not [text for text in stated if text.count("default") > 1]
        assert "default" not in (one.description or "") or not stated, one.description


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "loaded"), [((), []), (("doctor",), []), (("imitate",), ["numpy"])]
)
def test_help_loads_neither_ros_nor_what_sees_and_draws(words, loaded):
    # The options of imitation backends are in their classes, which know arrays.
    program = (
        f"import sys\nfrom x2c_cli.cli import parser\nparser({words!r})\n"
        "print([name for name in ('rclpy', 'cv2', 'mujoco', 'numpy', 'onnxruntime', 'rich',"
        " 'torch') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=400
    )
    assert done.stdout.strip() == str(loaded)


@pytest.mark.process
@pytest.mark.parametrize("words", [["say", "gone.wav"], ["faults", "earthquake"]])
def test_what_cannot_be_is_refused_before_ros_is_loaded(words):
    program = (
        "import sys\nfrom x2c_cli.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit as end:\n"
        "    print(end.code, 'rclpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=400
    )
    assert done.stdout.strip() == "2 False", done.stderr


def test_an_unknown_command_is_refused_with_the_known_ones(run):
    done = run("imitat")
    assert done.returncode == 2
    assert "invalid choice: 'imitat'; did you mean 'imitate'?" in done.stderr
    assert done.stderr.count("\n") == 1


def test_alone_it_shows_the_grouped_help(run):
    done = run()
    assert done.returncode == 0
    assert set(COMMANDS) <= set(done.stdout.split())
    assert "\nrunning nodes, from any shell:\n  status " in done.stdout


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("imitate", "--vdeo", "a.mp4"), "--video"),
        (("imitate", "--log-level=wran"), "warn"),
        (("motors", "scan", "--prt", "x"), "--port"),
        (("fidelity", "--calibration", "befor"), "before"),
    ],
)
def test_a_typo_is_understood(run, words, meant):
    done = run(*words)
    assert done.returncode == 2
    assert f"did you mean {meant!r}?; see 'x2c {words[0]}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_video_and_a_camera_at_once_are_refused(run):
    done = run("imitate", "--video", "a.mp4", "--camera", "0")
    assert done.returncode == 2
    assert "not allowed with" in done.stderr


def test_a_thread_that_has_failed_is_no_refusal(run, monkeypatch):
    def fail(options):
        raise ThreadError("thread motors has died")

    monkeypatch.setattr(robots, "run", fail)
    done = run("robots")
    assert done.returncode == 1
    assert done.stderr == "error: thread motors has died\n"


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "x" * 300, "--out", "out"),
        ("compare", "x" * 300, "other"),
        ("robots", "--check", "x" * 300),
    ],
    ids=lambda words: words[0],
)
def test_a_name_that_is_too_long_for_a_path_is_refused_in_a_sentence(
    run, tmp_path, monkeypatch, words
):
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "xxx" in done.stderr
    assert len(done.stderr) < 1000


def test_robots_are_listed(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["robots"])
    assert ended.value.code == 0
    assert "virtual" in capsys.readouterr().out


def check(capsys, name):
    with pytest.raises(SystemExit) as ended:
        cli.main(["robots", "--check", str(name)])
    return ended.value.code, capsys.readouterr()


@pytest.mark.parametrize("robot", ["virtual", "ameca"])
def test_robots_that_come_along_have_no_mistakes(capsys, robot):
    status, said = check(capsys, robot)
    assert status == 0
    assert "no mistakes" in said.out


def test_a_missing_expression_model_is_told_with_what_to_do(capsys, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    text = (find_robot("example_twelve") / "robot.yaml").read_text()
    text = text.replace("expression_model: ../virtual/", "expression_model: ")
    (folder / "robot.yaml").write_text(text)
    status, said = check(capsys, folder)
    assert status == 0, said
    words = " ".join(said.out.split())
    assert f"and {folder / 'expression_model.npz'} is missing:" in words
    assert "copy the shared one of the robot 'virtual' there" in words
    assert "'x2c fit'" in words


def test_all_mistakes_of_a_robot_are_told_with_their_lines(capsys, tmp_path):
    file = tmp_path / "robot.yaml"
    file.write_text(
        "name: mine\nunits: {angle: deg, length: m}\njoints:\n"
        "  jaw: {type: revolute, position: [20, 0], velocity: 1, acceleration: 10, jerk: 100}\n"
        "mixing: {jow: {Jaw Pitch: 1.0}}\n"
    )
    for name in (file, tmp_path):
        status, said = check(capsys, name)
        assert status == 1
        lines = said.out.splitlines()
        assert lines[0] == f"{file}: 3 mistakes"
        assert [line.split(":")[0] for line in lines[1:]] == ["  line 2", "  line 4", "  line 5"]


def test_a_robot_that_is_not_there_cannot_be_checked(capsys, tmp_path):
    status, said = check(capsys, tmp_path / "nobody")
    assert status == cli.REFUSED
    assert "no robot at" in said.err


def test_a_command_that_misses_an_extra_says_how_to_install_it(monkeypatch, capsys):
    def fail(name):
        raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow.parquet")

    monkeypatch.setattr(cli, "import_module", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main(["evaluate", "clip.mp4"])
    assert ended.value.code == cli.REFUSED
    text = capsys.readouterr().err
    assert "'x2c evaluate' needs pyarrow.parquet, which is not installed: " in text
    assert "EXTRAS=data" in text or "pip install pyarrow" in text
