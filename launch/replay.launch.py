# SPDX-License-Identifier: Apache-2.0
"""Plays the camera of a bag and starts the nodes that do all the rest again."""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    Shutdown,
    TimerAction,
)
from launch.substitutions import EnvironmentVariable, LaunchConfiguration

from x2c_bringup.launch_actions import GraphActions, middleware_settings, tied
from x2c_bringup.options import GraphOptions, OptionText, option_texts
from x2c_bringup.preflight import check_program
from x2c_bringup.replay import (
    ReplayOptions,
    build_replay,
    choose_player,
    replay_texts,
    rosbag2_command,
)
from x2c_bringup.shared_files import (
    RANGE_VARIABLE,
    default_params_file,
)

_TAKEN = (
    *("robot", "backend", "params_file", "namespace", "face", "description", "record"),
    *("autostart", "log_level"),
)
"""Arguments that this file shares with imitation.launch.py."""

_UNDER_WAY = 1.0
"""What the last image gets to come through [s]."""


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the middleware's settings, the nodes and the player."""
    defaults = {"params_file": str(default_params_file())}
    return LaunchDescription(
        [
            *[_argument(text) for text in replay_texts()],
            *[_argument(text, defaults.get(text.name)) for text in _shared()],
            DeclareLaunchArgument(
                "discovery_range",
                default_value=EnvironmentVariable(RANGE_VARIABLE, default_value="LOCALHOST"),
                description="Who may find the nodes: LOCALHOST, this machine only, or SUBNET.",
                choices=["LOCALHOST", "SUBNET", "OFF", "SYSTEM_DEFAULT"],
            ),
            OpaqueFunction(function=middleware_settings),
            OpaqueFunction(function=_actions),
        ]
    )


def _shared() -> list[OptionText]:
    return [text for text in option_texts() if text.name in _TAKEN]


def _argument(text: OptionText, default: str | None = None) -> DeclareLaunchArgument:
    required = text.name == "bag"
    return DeclareLaunchArgument(
        text.name,
        default_value=None if required else default or text.default,
        description=text.description,
        choices=list(text.choices) or None,
    )


def _actions(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    def given(texts: list[OptionText]) -> dict[str, str]:
        return {one.name: LaunchConfiguration(one.name).perform(context) for one in texts}

    options = GraphOptions.from_texts(given(_shared()))
    played = given(list(replay_texts()))
    asked = ReplayOptions.from_texts(played)
    replay = build_replay(options, asked)
    player, reason = choose_player(played["player"], replay)
    over = TimerAction(period=_UNDER_WAY, actions=[Shutdown(reason="the bag has been played")])
    if player == "rosbag2":
        check_program("ros2", "ros2bag")
        graph = GraphActions(replay.nodes, context)
        command = [*tied(), *rosbag2_command(replay, asked, options.namespace)]
        playing = [
            ExecuteProcess(cmd=command, name="ros2_bag_play", output="screen", on_exit=[over])
        ]
    else:
        graph = GraphActions((replay.player, *replay.nodes), context)
        playing = graph.of(replay.player, on_exit=[over], exit_at_end=True)
    nodes = [action for node in replay.nodes for action in graph.of(node)]
    return [LogInfo(msg=reason), *nodes, *playing]
