# SPDX-License-Identifier: Apache-2.0
"""Imitation backends and motion transfers of other packages: the example, and broken ones."""

from __future__ import annotations

import pickle
import sys
from contextlib import closing

import cv2
import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from x2c_bringup.errors import GraphError
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions, backend_option_texts
from x2c_cli import cli
from x2c_cli.doctor.finding import CheckResult
from x2c_cli.doctor.implementations import implementations
from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.face import topology
from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import FACING, HeadPose, fit_head_pose
from x2c_core.robot.robot_file import load_robot
from x2c_core.system.registry import RegistryError
from x2c_evaluation.pipeline.settings import make_settings
from x2c_imitation.backends import BACKENDS, make_imitator, option_texts
from x2c_imitation.errors import ImitationError
from x2c_imitation.imitation_node import ImitationNode
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.x2cnet.transfer.motion_transfer import make_transfer
from x2c_msgs.msg import ControlValues, FaceLandmarks
from x2c_node import qos
from x2c_node.conversion.headers import to_stamp
from x2c_node.conversion.images import bgr_to_image
from x2c_node.conversion.messages import face_to_message
from x2c_node.robots import find_robot

GROUP = "x2c.imitation_backends"
JAW = controls.index("Jaw Pitch")
STAMP = 1_700_000_000_000_000_000


@pytest.fixture
def example(install_example, monkeypatch):
    site = install_example("own_backend")
    for module in [name for name in sys.modules if name.partition(".")[0] == "own_backend"]:
        monkeypatch.delitem(sys.modules, module)
    return site


@pytest.fixture
def robot():
    return load_robot(find_robot("virtual"))


def make_face(opened: float = 0.0, state: FaceState = FaceState.TRACKING) -> Face:
    """Return an average face whose mouth is opened so far [interocular distances]."""
    points = topology.REFERENCE.copy()
    lower = [*topology.LIP_LOWER_INNER[1:-1], *topology.LIP_LOWER_OUTER[1:-1]]
    points[lower, 2] -= opened
    pixels = HeadPose(FACING, np.array([320.0, 240.0, 0.0]), 80.0).to_pixels(points)
    return Face(pixels, fit_head_pose(pixels), 640, 480, 1.0, state, 1)


def jaw(imitator, opened: float) -> float:
    imitator.calibrate(make_face())
    return float(imitator.imitate(Observation(make_face(opened)))[JAW])


def test_a_backend_of_another_package_imitates_with_its_own_option(example, robot):
    usual, eager = (make_imitator("mouth_only", robot, o) for o in ({}, {"widest": 0.2}))
    neutral, fully = controls.NEUTRAL[JAW], controls.MINIMUM[JAW]
    assert jaw(usual, 0.0) == neutral
    assert fully < jaw(usual, 0.2) < neutral
    assert jaw(eager, 0.2) == pytest.approx(fully)


def test_the_node_runs_it_and_its_option_is_a_parameter(example, ros, wait_until):
    node = ros.add(ImitationNode(parameter_overrides=given(backend="mouth_only", widest=0.2)))
    (described,) = node.describe_parameters(["widest"])
    assert described.description.startswith("Opening of the mouth that opens the jaw fully")
    assert not node.has_parameter("network")
    answers = start(node, ros, wait_until)
    answer = shows(answers, ros, wait_until, make_face(0.2))
    assert answer.values[JAW] == pytest.approx(controls.MINIMUM[JAW], abs=1e-6)
    node.stop()


def given(**values):
    return [
        Parameter(name, value=value) for name, value in {"recovery_time": 0.05, **values}.items()
    ]


def start(node, ros, wait_until):
    """Start the node, give it a neutral face, and return its answers."""
    answers = ros.collect(ControlValues, "control_values", 100)
    neutral = ros.publish(FaceLandmarks, "face/neutral", qos.LATCHED)
    neutral.publish(face_to_message(make_face(), Header(stamp=to_stamp(STAMP - 10**9))))
    assert node.start()
    faces = ros.publish(FaceLandmarks, "face", qos.NEWEST)
    wait_until(faces.get_subscription_count, "the node's subscription")
    wait_until(lambda: node._stage.is_calibrated, "the neutral face")
    ros.faces = faces
    return answers


def shows(answers, ros, wait_until, face, with_image=None):
    """Publish a face for a second of stamps, and return the answer to the last one."""
    last = {}

    def publish():
        stamp = to_stamp(STAMP + len(last) * 33_000_000)
        last[len(last)] = stamp
        header = Header(stamp=stamp, frame_id="camera")
        ros.faces.publish(face_to_message(face, header))
        if with_image is not None:
            with_image.publish(bgr_to_image(np.full((256, 256, 3), 200, np.uint8), header))

    timer = ros.node.create_timer(0.02, publish)
    try:
        wait_until(lambda: len(answers) > 10, "ten answers")
    finally:
        timer.cancel()
    return answers[-1]


BRIGHTNESS = """
import numpy as np
from x2c_core.control_space import controls
from x2c_imitation.pipeline.imitator import Imitator
from x2c_imitation.pipeline.observation import Need

class Brightness(Imitator):
    "Opens the jaw as bright as the image of the face is."
    needs = frozenset({Need.IMAGE})
    is_calibrated = True

    @classmethod
    def for_robot(cls, robot, options):
        return cls()

    def calibrate(self, neutral): ...

    def imitate(self, observation):
        deflection = np.zeros(controls.COUNT)
        deflection[controls.index("Jaw Pitch")] = -observation.image.mean() / 255.0
        return controls.from_deflection(deflection)
"""


def test_a_backend_that_needs_images_gets_the_one_of_each_face(install_module, ros, wait_until):
    install_module("bright", GROUP, {"brightness": "bright:Brightness"}, BRIGHTNESS)
    node = ros.add(ImitationNode(parameter_overrides=given(backend="brightness")))
    answers = start(node, ros, wait_until)
    images = ros.publish(Image, "face/crop", qos.IMAGE_PUBLISHER)
    wait_until(images.get_subscription_count, "the node's subscription to images")
    answer = shows(answers, ros, wait_until, make_face(), with_image=images)
    deflection = controls.to_deflection(np.asarray(answer.values, dtype=np.float64))[JAW]
    assert deflection == pytest.approx(-200.0 / 255.0, abs=1e-3)
    node.stop()


def test_a_recording_without_images_is_refused_by_such_a_backend(install_module, robot):
    from x2c_core.sources.face_loss import FaceLossTiming
    from x2c_imitation.pipeline.imitation_stage import ImitationStage

    install_module("bright", GROUP, {"brightness": "bright:Brightness"}, BRIGHTNESS)
    stage = ImitationStage(make_imitator("brightness", robot), FaceLossTiming())
    with pytest.raises(ImitationError, match="needs an image of the face, and there is none"):
        stage.follow(make_face(), STAMP)
    assert stage.follow(make_face(state=FaceState.LOST), STAMP).confidence == 0.0


def test_offline_a_backend_sees_the_same_crop(install_module, robot):
    from x2c_bags.frames.frame_source import Frame
    from x2c_core.face.frames import ControlState
    from x2c_evaluation.pipeline.offline_pipeline import OfflinePipeline, open_stage, track
    from x2c_evaluation.pipeline.settings import default_settings
    from x2c_evaluation.pipeline.tracked_frames import TrackingWish

    install_module("bright", GROUP, {"brightness": "bright:Brightness"}, BRIGHTNESS)
    image = cv2.imread(str(robot.neutral_image))
    settings = default_settings(robot, "brightness")
    frames = [Frame(k, STAMP + k * 10**8, STAMP, image) for k in range(8)]
    stage, _ = open_stage(TrackingWish(settings.tracking.settings))
    with closing(stage), closing(OfflinePipeline(settings, robot)) as pipeline:
        outputs = [pipeline.follow(frame) for frame in frames]
        tracked = [track(stage, frame) for frame in frames]
    assert outputs[-1].frame.state is ControlState.TRACKING
    expected = -tracked[-1].crop.mean() / 255.0
    assert controls.to_deflection(outputs[-1].frame.values)[JAW] == pytest.approx(expected)


def test_its_option_is_an_argument_of_launches_and_commands(example, capsys):
    (text,) = [one for one in backend_option_texts() if one.name == "widest"]
    assert text.description.endswith("(backend mouth_only); empty: as in params_file (0.6).")
    chosen = GraphOptions.from_texts({"backend": "mouth_only", "widest": "0.3", "network": ""})
    (node,) = [one for one in build_graph(chosen) if one.name == "imitation_node"]
    assert node.parameters == {"backend": "mouth_only", "widest": 0.3}
    for command in ("imitate", "demo", "replay", "evaluate", "fidelity"):
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        assert "--widest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"widest": "far"}, "backend mouth_only: widest: expected float, got 'far'"),
        ({"widest": "9"}, "backend mouth_only: widest: expected 0.1 to 2.0, got 9.0"),
        ({"network": "n.onnx"}, "'network'.*network is an option of x2cnet"),
        ({"widset": "1"}, "unknown option 'widset'"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_starts(example, texts, reason):
    with pytest.raises(X2CError, match=reason) as error:
        build_graph(GraphOptions.from_texts({"backend": "mouth_only", **texts}))
    assert "\n" not in str(error.value)
    assert isinstance(error.value, GraphError | ImitationError)


def test_evaluation_knows_its_option_and_its_code(example):
    usual = make_settings(backend="mouth_only")
    other = make_settings(backend="mouth_only", options={"widest": "0.3"})
    assert usual.fingerprint() != other.fingerprint()
    assert other.chosen.imitation == {"backend": "mouth_only", "widest": 0.3}
    assert any(folder.name == "own_backend" for folder in other._folders())
    assert pickle.loads(pickle.dumps(other)) == other


def test_options_of_a_backend_that_is_not_chosen_are_passed_over(example, ros, capfd):
    node = ros.add(ImitationNode(parameter_overrides=given(widest=0.4, threads=2)))
    assert not node.has_parameter("widest")
    assert "ignores parameters" not in capfd.readouterr().err
    ros.add(ImitationNode(parameter_overrides=given(wildest=0.4)))
    assert "ignores parameters that it does not have: wildest" in capfd.readouterr().err


BROKEN_SOURCE = """
from dataclasses import dataclass
from x2c_core.system.fields import parameter
from x2c_imitation.pipeline.imitator import Imitator
from x2c_imitation.pipeline.observation import Need

class Whole(Imitator):
    is_calibrated = True
    @classmethod
    def for_robot(cls, robot, options):
        return cls()
    def calibrate(self, neutral): ...
    def imitate(self, observation):
        return [float("nan")] * 30

class Short(Whole):
    def imitate(self, observation):
        return [0.0] * 29

class Wordy(Whole):
    def imitate(self, observation):
        return "smile"

class Faulty(Whole):
    def imitate(self, observation):
        return {}["smile"]

class Unfinished(Imitator):
    is_calibrated = True
    @classmethod
    def for_robot(cls, robot, options): ...
    def calibrate(self, neutral): ...

class Greedy(Whole):
    needs = frozenset({Need.BLENDSHAPES})

class Worded(Whole):
    needs = "image"

class Untyped(Whole):
    Options = {"widest": 1.0}

class WrongDefault(Whole):
    @dataclass(frozen=True)
    class Options:
        widest: float = parameter("far", "Width.")

class Crashes(Whole):
    @classmethod
    def for_robot(cls, robot, options):
        raise KeyError("weights")

class Stone:
    pass
"""

BROKEN = [
    ("Whole", "raise OSError('no weights')", "cannot be imported: OSError: no weights"),
    ("Whole", "import magic_nets", "needs the Python module 'magic_nets', which is not installed"),
    ("Absent", BROKEN_SOURCE, "cannot be imported: AttributeError"),
    ("Stone", BROKEN_SOURCE, "is broken:Stone, which is no subclass of Imitator: expected"),
    ("Unfinished", BROKEN_SOURCE, "lacks what every imitation backend has: imitate"),
    ("Greedy", BROKEN_SOURCE, "needs blendshapes, which the face tracker does not publish yet"),
    ("Worded", BROKEN_SOURCE, "has the needs 'image': expected a frozenset of Need"),
    ("Untyped", BROKEN_SOURCE, "has the options {'widest': 1.0}: expected a frozen dataclass"),
    ("WrongDefault", BROKEN_SOURCE, "widest: expected float, got 'far' (str)"),
]


@pytest.mark.parametrize(("name", "source", "text"), BROKEN, ids=[f"{b[0]}" for b in BROKEN])
def test_a_broken_backend_is_one_sentence_and_the_rest_works(
    example, install_module, robot, name, source, text
):
    install_module("broken", GROUP, {"mine": f"broken:{name}"}, source)
    with pytest.raises(RegistryError) as error:
        make_imitator("mine", robot)
    said = str(error.value)
    assert said.startswith("the imitation backend 'mine' of the package broken ")
    assert text in said
    assert "\n" not in said
    assert BACKENDS.problems() == {"mine": said}
    assert {"widest", "network"} <= {one.name for one in option_texts()}
    assert jaw(make_imitator("mouth_only", robot), 0.0) == controls.NEUTRAL[JAW]
    warnings = [one for one in implementations() if one.verdict is CheckResult.WARN]
    assert [one.text for one in warnings] == [said]


def test_a_broken_backend_keeps_its_node_from_configuring_and_does_not_end_it(install_module, ros):
    install_module("broken", GROUP, {"mine": "broken:Unfinished"}, BROKEN_SOURCE)
    node = ros.add(ImitationNode(parameter_overrides=given(backend="mine")))
    assert not node.start()
    assert node.fault.startswith("cannot configure: the imitation backend 'mine' of the package")


def test_a_name_of_two_packages_is_refused_and_the_rest_works(install_module, robot):
    for package in ("faces_a", "faces_b"):
        install_module(package, GROUP, {"mine": f"{package}:Whole"}, BROKEN_SOURCE)
    text = "faces_a and faces_b both provide the imitation backend 'mine': uninstall one"
    with pytest.raises(RegistryError, match=text):
        make_imitator("mine", robot)
    assert make_imitator("solver", robot)


def test_a_backend_that_crashes_when_it_is_made_is_named(install_module, robot):
    install_module("broken", GROUP, {"mine": "broken:Crashes"}, BROKEN_SOURCE)
    with pytest.raises(ImitationError, match=r"cannot be made: KeyError.*broken\.py, line"):
        make_imitator("mine", robot)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Whole", "finite"),
        ("Short", "30"),
        ("Wordy", r"smile"),
        ("Faulty", r"broken\.Faulty\.imitate failed: KeyError: 'smile' \(broken\.py, line \d+\)"),
    ],
)
def test_what_is_no_control_values_never_leaves_the_stage(install_module, robot, name, text):
    from x2c_core.sources.face_loss import FaceLossTiming
    from x2c_imitation.pipeline.imitation_stage import ImitationStage

    install_module("broken", GROUP, {"mine": f"broken:{name}"}, BROKEN_SOURCE)
    stage = ImitationStage(make_imitator("mine", robot), FaceLossTiming())
    with pytest.raises(X2CError, match=text):
        stage.follow(make_face(), STAMP)
    assert stage.follow(make_face(state=FaceState.LOST), STAMP + 1).confidence == 0.0


TRANSFER = """
from dataclasses import dataclass
import numpy as np
from x2c_core.system.fields import parameter
from x2c_imitation.x2cnet.transfer.motion_transfer import MotionTransfer

@dataclass(frozen=True)
class GreyOptions:
    level: int = parameter(128, "Grey level.", minimum=0, maximum=255)

class Grey(MotionTransfer):
    Options = GreyOptions
    is_calibrated = True

    def __init__(self, image):
        self.image = image

    @classmethod
    def for_robot(cls, robot, size, options):
        return cls(np.full((size, size, 3), options.level, np.uint8))

    @property
    def neutral(self):
        return self.image

    def calibrate(self, neutral): ...

    def animate(self, observation):
        return self.image
"""


def test_a_motion_transfer_of_another_package_is_used_with_its_options(
    install_module, robot, tmp_path
):
    pytest.importorskip("torch")
    from x2c_imitation.x2cnet.network.config import NetworkConfig
    from x2c_imitation.x2cnet.network.weights import save_network
    from x2c_imitation.x2cnet.network.x2control import build_network

    install_module("grey", "x2c.motion_transfers", {"grey": "grey:Grey"}, TRANSFER)
    assert make_transfer("grey", robot, 64, {"level": 7}).neutral.max() == 7
    with pytest.raises(ImitationError, match=r"motion transfer grey: level: expected 0 to 255"):
        make_transfer("grey", robot, 64, {"level": 300})
    # One that sees images only.
    config = NetworkConfig("resnet10_half", 64)
    save_network(tmp_path / "net.safetensors", build_network(config).eval(), config)
    options = {"network": str(tmp_path / "net.safetensors"), "runtime": "torch"}
    shown = {}
    for transfer in ("grey", "warp"):
        made = make_imitator("x2cnet", robot, {**options, "transfer": transfer})
        made.calibrate(make_face())
        shown[transfer] = made.imitate(Observation(make_face(0.3)))
    # The image is always the neutral one.
    np.testing.assert_allclose(shown["grey"], controls.NEUTRAL, atol=1e-6)
    assert abs(shown["warp"] - controls.NEUTRAL).max() > 1e-4


def test_a_broken_transfer_is_one_sentence_and_the_rest_works(install_module, robot):
    install_module("half", "x2c.motion_transfers", {"half": "half:Half"}, BROKEN_TRANSFER)
    text = (
        "the motion transfer 'half' of the package half lacks what every motion transfer has: "
        "animate, neutral"
    )
    with pytest.raises(RegistryError, match=text):
        make_imitator("x2cnet", robot, {"transfer": "half"})
    assert [one.text for one in implementations() if one.verdict is CheckResult.WARN] == [text]
    assert make_transfer("warp", robot, 64).neutral.shape == (64, 64, 3)


BROKEN_TRANSFER = """
from x2c_imitation.x2cnet.transfer.motion_transfer import MotionTransfer

class Half(MotionTransfer):
    is_calibrated = True
    @classmethod
    def for_robot(cls, robot, size, options):
        return cls()
    def calibrate(self, neutral): ...
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("level", "transfer_options: motion transfer grey: expected NAME=VALUE, got 'level'"),
        ("level=dark", "motion transfer grey: level: expected int, got 'dark'"),
        ("lvl=1", "motion transfer grey: unknown option 'lvl'; .*did you mean 'level'"),
    ],
)
def test_options_of_a_transfer_that_cannot_be_are_refused(install_module, robot, text, reason):
    install_module("grey", "x2c.motion_transfers", {"grey": "grey:Grey"}, TRANSFER)
    with pytest.raises(ImitationError, match=reason):
        make_imitator("x2cnet", robot, {"transfer": "grey", "transfer_options": text})
