# SPDX-License-Identifier: Apache-2.0
"""The graph with a bag in the place of the camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from x2c_bags.frames.camera_topics import CameraTopic, choose_camera
from x2c_bags.reading.bag_reader import BagReader
from x2c_bringup.errors import GraphError
from x2c_bringup.graph.node_specs import NodeSpec, ParameterValue, build_graph, given
from x2c_bringup.graph.options import GraphOptions, OptionText, switch

PLAYER = "bag_player_node"

_CLOCK_RATE = 200.0
"""Messages on /clock each second [Hz]; rosbag2's own 40 are coarser than a camera's period."""

_DELAY = 10.0
"""Time for the nodes to start before rosbag2, which waits for none, plays [s]."""

_TEXTS = (
    OptionText("bag", "Bag to play: its folder, or one file of it.", "", ()),
    OptionText("topic", "Topic of its images; empty: that of its only camera.", "", ()),
    OptionText(
        "rate",
        "Speed: 2 is twice as fast as recorded; empty: as in params_file (1.0).",
        "",
        (),
    ),
    OptionText(
        "loop",
        "Start again at the end of the bag; empty: as in params_file (false).",
        "",
        ("", "true", "false"),
    ),
    OptionText(
        "player",
        "Player: x2c (bag_player_node: any bag, from its first image, as it waits for the "
        "nodes), rosbag2 ('ros2 bag play', after a fixed delay), or auto: x2c.",
        "auto",
        ("auto", "rosbag2", "x2c"),
    ),
)


@dataclass(frozen=True)
class ReplayOptions:
    """Bag to play, and options of playing.

    Attributes:
        bag: Folder of the bag, or one file of it.
        topic: Topic of its images; empty for its only camera.
        rate: 2 is twice as fast as recorded; None leaves it to the parameter file.
        loop: Whether it begins again when it ends; None leaves it to the parameter file.
    """

    bag: str
    topic: str = ""
    rate: float | None = None
    loop: bool | None = None

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> ReplayOptions:
        """Return the options written as texts, as launch arguments are.

        Raises:
            GraphError: A value cannot be.
        """
        try:
            rate = float(texts["rate"]) if texts["rate"] else None
        except ValueError:
            raise GraphError(f"rate: expected a number, got {texts['rate']!r}") from None
        loop = switch("loop", texts["loop"]) if texts["loop"] else None
        return cls(texts["bag"], texts["topic"], rate, loop)

    def __post_init__(self) -> None:
        """Refuse options that cannot be.

        Raises:
            GraphError: There is no bag, or the rate is none.
        """
        if not self.bag:
            raise GraphError("bag: expected the folder of a bag, or one file of it, got ''")
        if self.rate is not None and not 0.01 <= self.rate <= 100.0:
            raise GraphError(f"rate: expected 0.01 to 100, got {self.rate:g}")


@dataclass(frozen=True)
class Replay:
    """A graph that a bag drives.

    Attributes:
        nodes: All but the player, each after those whose messages it takes.
        player: Our own player of bags.
        camera: Topics of the bag that are played.
        path: Path of the bag within the results of a run.
        finished: Whether the bag was finished, as rosbag2 needs it.
    """

    nodes: tuple[NodeSpec, ...]
    player: NodeSpec
    camera: CameraTopic
    path: Path
    finished: bool


def build_replay(options: GraphOptions, replay: ReplayOptions) -> Replay:
    """Return the graph in which the bag's camera is played and all the rest recomputed.

    Args:
        options: Options of the graph; those of its camera are set here.
        replay: Bag to play.

    Raises:
        BagError: The bag cannot be read, or has no camera, or several.
        GraphError: The graph cannot be built, as in `build_graph`.
    """
    bag = Path(replay.bag).expanduser()
    reader = BagReader(bag)
    camera = choose_camera(reader, replay.topic)
    transport = "compressed" if camera.compressed else "raw"
    options = replace(options, camera=False, image_transport=transport, use_sim_time=True)
    player = player_node(options, replace(replay, bag=str(bag.absolute()), topic=camera.name))
    return Replay(build_graph(options), player, camera, reader.path, _is_finished(reader))


def player_node(options: GraphOptions, replay: ReplayOptions) -> NodeSpec:
    """Return our own player of bags.

    Args:
        options: Options of the graph.
        replay: Bag to play.
    """
    choices: dict[str, ParameterValue | None] = {
        "bag": replay.bag,
        "topic": replay.topic,
        "rate": replay.rate,
        "loop": replay.loop,
        "autostart": options.autostart,
    }
    return NodeSpec(
        package="x2c_bags",
        executable=PLAYER,
        class_path="x2c_bags.bag_player_node:BagPlayerNode",
        name=PLAYER,
        namespace=options.namespace,
        parameters=given(choices),
        params_file=options.params_file,
        log_level=options.log_level,
    )


def replay_texts() -> tuple[OptionText, ...]:
    """Return the options of replaying as users read them."""
    return _TEXTS


def choose_player(wish: str, replay: Replay) -> tuple[str, str]:
    """Return what plays the bag, "rosbag2" or "x2c", and a sentence that says how.

    Raises:
        GraphError: It cannot play this bag.
    """
    if wish != "rosbag2":
        return "x2c", f"x2c plays {replay.camera.name} when the nodes are there"
    if not replay.finished:
        raise GraphError(
            f"player: rosbag2 needs the bag's metadata.yaml, and {replay.path} has none: "
            "'ros2 bag reindex' makes one, player:=x2c needs none"
        )
    return wish, f"rosbag2 plays {replay.camera.name} {_DELAY:g} s after its start"


def rosbag2_command(made: Replay, replay: ReplayOptions, namespace: str) -> list[str]:
    """Return the command that plays a bag's camera with rosbag2, to the graph's own topics.

    Args:
        made: The graph.
        replay: Bag to play.
        namespace: Namespace of the graph; empty for the root.
    """
    camera = made.camera
    prefix = "".join(f"/{part}" for part in namespace.split("/") if part)
    target = f"{prefix}/image_raw" + ("/compressed" if camera.compressed else "")
    topics = {camera.name: target}
    if camera.info:
        topics[camera.info] = f"{prefix}/camera_info"
    words = ["ros2", "bag", "play", str(made.path)]
    words += ["--clock", f"{_CLOCK_RATE:g}", "--rate", f"{replay.rate or 1.0:g}"]
    words += ["--delay", f"{_DELAY:g}"]
    words += ["--loop"] if replay.loop else []
    words += ["--disable-keyboard-controls", "--topics", *topics]
    moved = [f"{old}:={new}" for old, new in topics.items() if old != new]
    return words + (["--remap", *moved] if moved else [])


def _is_finished(reader: BagReader) -> bool:
    folder = reader.path if reader.path.is_dir() else reader.path.parent
    return (folder / "metadata.yaml").is_file()
