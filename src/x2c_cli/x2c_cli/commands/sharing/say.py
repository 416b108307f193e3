# SPDX-License-Identifier: Apache-2.0
"""Move the mouth of a robot that runs ('x2c imitate') to a text or to sound.

SPEECH is a text, spoken by eSpeak NG or a voice of piper, or a file with sound, such as WAV or
FLAC. The sound is played by --player, if there is one. Only the mouth moves; all else stays with
the person. Ctrl-C lets it go.
"""

from __future__ import annotations

import argparse
import contextlib
import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.commands.imitation.source import seconds

if TYPE_CHECKING:
    from x2c_sources.speech.utterance import Utterance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.bus.finding import add_arguments as add_choice

    parser.add_argument("speech", metavar="SPEECH", help="text, or path of a file with sound")
    parser.add_argument(
        "--voice",
        metavar="V",
        default="en-us",
        help="voice of eSpeak NG, or path of a voice of piper, NAME.onnx (default: en-us)",
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
    utterances = _utterances(arguments.speech, arguments.voice)
    # Before the bus is: what cannot be said is refused at once.
    first = next(utterances)

    from x2c_cli.bus.connection import Bus
    from x2c_cli.bus.face_sharing import play, source_topics
    from x2c_sources.speech.sound_player import SoundPlayer
    from x2c_sources.speech.spoken_clip import SpokenClip

    player = SoundPlayer(arguments.player)

    def start_sound(said: Utterance) -> None:
        if arguments.player:
            player.play(said.samples, said.rate)

    delay = arguments.sound_delay if arguments.player else 0.0
    clip = SpokenClip(chain([first], utterances), start_sound, delay)
    with Bus() as bus:
        topics = source_topics(bus, arguments, "say")
        print(f"speaking on {', '.join(topics)}", flush=True)
        try:
            play(bus, clip, topics)
            player.wait()
        finally:
            player.stop()
    return 0


def _utterances(speech: str, voice: str) -> Iterator[Utterance]:
    """Yield what is to be said, at least one; each is made while the one before it is said."""
    path = Path(speech)
    # A text may begin with a tilde, too.
    with contextlib.suppress(RuntimeError):
        path = path.expanduser()
    if _is_path(path):
        from x2c_sources.speech.utterance import utterance_of_file

        yield utterance_of_file(path)
        return
    from x2c_sources.speech.engines.speaker import SPEED, Speaker

    speaker = Speaker()
    try:
        speaker.add(speech, voice, SPEED)
        while (said := speaker.next(math.inf)) is not None:
            yield said
    finally:
        speaker.close()


def _is_path(path: Path) -> bool:
    """Return whether a text is meant as a path: there is such a file, or it looks like one."""
    try:
        # A word can be the name of a folder by chance.
        there = path.exists() and (not path.is_dir() or len(path.parts) > 1)
    except (OSError, ValueError):
        # A text can be too long for a name.
        return False
    return there or (len(path.suffix) in (4, 5) and " " not in str(path))
