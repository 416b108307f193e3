# SPDX-License-Identifier: Apache-2.0
"""Arguments of commands that transfer a person's motion to an image."""

from __future__ import annotations

import argparse
from typing import Any


def add_transfer_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that choose the motion transfer and its options."""
    parser.add_argument(
        "--transfer",
        metavar="T",
        default="warp",
        help="motion transfer: warp, liveportrait, or another package's (default: warp)",
    )
    parser.add_argument(
        "--option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="option of the motion transfer",
    )


def transfer_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the chosen motion transfer.

    Args:
        arguments: Arguments declared by `add_transfer_arguments`.

    Raises:
        RegistryError: There is no usable motion transfer of this name.
        ImitationError: An option is written otherwise, or cannot be used.
    """
    from x2c_imitation.x2cnet.transfer.motion_transfer import options_of

    return options_of(arguments.transfer, ",".join(arguments.option))
