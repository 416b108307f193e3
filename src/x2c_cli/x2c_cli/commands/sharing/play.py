# SPDX-License-Identifier: Apache-2.0
"""Play a clip on a robot that runs ('x2c imitate').

CLIP is a CSV file as 'x2c demo' writes it, the folder of its results, a bag, the name of a
recording in recordings/, or another expression source, see 'x2c sources'. With --all several
robots play it in step, each within its own limits. Ctrl-C lets the face go.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from x2c_cli.commands.imitation.source import seconds

_RECORDINGS = Path("recordings")
_TABLE = "controls.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.bus.finding import add_arguments as add_choice
    from x2c_core.control_space.regions import REGIONS
    from x2c_core.sources.expression_clip import ClipTiming

    usual = ClipTiming()
    parser.add_argument("clip", metavar="CLIP", help="table, bag, recording or expression source")
    parser.add_argument(
        "--start", metavar="S", type=_time, default=0.0, help="begin at this time of the clip [s]"
    )
    parser.add_argument(
        "--end", metavar="S", type=seconds, help="end at this time of the clip [s]"
    )
    parser.add_argument("--loop", action="store_true", help="begin again when it ends")
    parser.add_argument(
        "--speed", metavar="X", type=_speed, default=1.0, help="2 is twice as fast (default: 1)"
    )
    for name, default, what in (
        ("--blend-in", usual.blend_in, "take the face over"),
        ("--blend-out", usual.blend_out, "let it go"),
    ):
        parser.add_argument(
            name,
            metavar="S",
            type=_time,
            default=default,
            help=f"time to {what} [s] (default: {default:g})",
        )
    parser.add_argument(
        "--regions",
        metavar="R",
        default=",".join(REGIONS),
        help="regions to move, such as mouth,brows=0.5 (default: all)",
    )
    add_choice(parser, every=False)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.bus.connection import Bus
    from x2c_cli.bus.face_sharing import play, source_topics
    from x2c_core.control_space.regions import mask_from_text
    from x2c_core.sources.expression_clip import ClipTiming, ExpressionClip
    from x2c_core.sources.expression_source import EXPRESSION_SOURCES

    cls, text = EXPRESSION_SOURCES.choose(clip_path(arguments.clip, _RECORDINGS))
    source = EXPRESSION_SOURCES.make(cls, text, cls.Options())
    timing = ClipTiming(
        start=arguments.start,
        end=arguments.end,
        speed=arguments.speed,
        loop=arguments.loop,
        blend_in=arguments.blend_in,
        blend_out=arguments.blend_out,
    )
    source.open()
    try:
        for issue in source.issues:
            print(f"{source.name}: {issue}")
        clip = ExpressionClip(source, mask_from_text(arguments.regions), timing)
        with Bus() as bus:
            topics = source_topics(bus, arguments, "play")
            until = "until Ctrl-C" if clip.duration is None else f"for {clip.duration:.1f} s"
            print(f"playing {source.name} {until} on {', '.join(topics)}", flush=True)
            play(bus, clip, topics)
    finally:
        source.close()
    return 0


def clip_path(text: str, recordings: Path) -> str:
    """Return the source that the name of a clip stands for.

    Args:
        text: Path, name of a recording, or any other expression source.
        recordings: Folder of recordings.
    """
    path = Path(text).expanduser()
    if not path.exists() and (recordings / text).exists():
        path = recordings / text
    elif not path.exists():
        return text
    return str(path / _TABLE if (path / _TABLE).is_file() else path)


def _time(text: str) -> float:
    return 0.0 if text.strip() in ("0", "0.0") else seconds(text)


def _speed(text: str) -> float:
    speed = seconds(text)
    if not 0.05 <= speed <= 20.0:
        raise argparse.ArgumentTypeError(f"expected 0.05 to 20, got {text!r}")
    return speed
