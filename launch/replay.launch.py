# SPDX-License-Identifier: Apache-2.0
"""Plays the camera of a bag and starts the nodes that do all the rest again."""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    Shutdown,
    TimerAction,
)
from launch.substitutions import LaunchConfiguration

from x2c_bringup.checks.preflight import check_program
from x2c_bringup.graph.replay import build_replay, choose_player, rosbag2_command
from x2c_bringup.launching.launch_actions import (
    GraphActions,
    declaration,
    middleware_settings,
    tied,
)
from x2c_bringup.launching.launch_arguments import replay_arguments, replay_options

_UNDER_WAY = 1.0
"""What the last image gets to come through [s]."""


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the middleware's settings, the nodes and the player."""
    return LaunchDescription(
        [
            *map(declaration, replay_arguments()),
            OpaqueFunction(function=middleware_settings),
            OpaqueFunction(function=_actions),
        ]
    )


def _actions(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    options, asked, wish = replay_options(
        {one.name: LaunchConfiguration(one.name).perform(context) for one in replay_arguments()}
    )
    replay = build_replay(options, asked)
    player, reason = choose_player(wish, replay)
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
