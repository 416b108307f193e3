# SPDX-License-Identifier: Apache-2.0
"""Move the mouth of a robot that runs ('x2c imitate') to a text or to sound.

SPEECH is a text, spoken by eSpeak NG, or a file with sound, such as WAV or FLAC. The sound is
played by --player, if there is one. Only the mouth moves; all else stays with the person. Ctrl-C
lets it go.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from x2c_cli.commands.imitation.source import seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.bus.finding import add_arguments as add_choice

    parser.add_argument("speech", metavar="SPEECH", help="text, or path of a file with sound")
    parser.add_argument(
        "--voice", metavar="V", default="en-us", help="voice of eSpeak NG (default: en-us)"
    )
    parser.add_argument(
        "--player",
        metavar="CMD",
        default="",
        help="program that plays a WAV file from its input, such as 'aplay -q' (default: none)",
    )
    parser.add_argument(
        "--sound-delay",
        metavar="S",
        type=seconds,
        default=0.1,
        help="time from the start of the player to its sound [s] (default: 0.1)",
    )
    add_choice(parser, every=False)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.bus.connection import Bus
    from x2c_cli.bus.face_sharing import play, source_topics
    from x2c_sources.speech.espeak import speak
    from x2c_sources.speech.player import play as play_sound
    from x2c_sources.speech.spoken_clip import SpokenClip
    from x2c_sources.speech.utterance import utterance_of_file

    text = arguments.speech
    path = Path(text).expanduser()
    said = utterance_of_file(path) if _is_path(path) else speak(text, arguments.voice)
    players = []

    def start_sound() -> None:
        if arguments.player:
            players.append(play_sound(arguments.player, said.samples, said.rate))

    clip = SpokenClip(said, start_sound, arguments.sound_delay if arguments.player else 0.0)
    with Bus() as bus:
        topics = source_topics(bus, arguments, "say")
        print(f"speaking for {clip.duration:.1f} s on {', '.join(topics)}", flush=True)
        try:
            play(bus, clip, topics)
        except BaseException:
            for one in players:
                one.terminate()
            raise
        finally:
            for one in players:
                one.wait()
    return 0


def _is_path(path: Path) -> bool:
    """Return whether a text is meant as a path: there is such a file, or it looks like one."""
    try:
        there = path.exists()
    except (OSError, ValueError):
        # A text can be too long for a name.
        return False
    return there or (len(path.suffix) in (4, 5) and " " not in str(path))
