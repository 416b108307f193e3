# SPDX-License-Identifier: Apache-2.0
"""Parameters that a user gives to a node and the node does not have."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from x2c_node.errors import ParameterFileError
from x2c_node.launcher import LAUNCHER_VARIABLE
from x2c_node.parameter_file import ParameterFile

_SHOWN = 3


def warning(
    unknown: Sequence[str],
    known: Iterable[str],
    node: str,
    arguments: Mapping[str, Any],
) -> str:
    """Return what to warn of; empty where the parameters may be meant for other nodes.

    Args:
        unknown: Names of parameters that the node does not have.
        known: Names of those that it has.
        node: Full name of the node.
        arguments: Arguments of rclpy's node.
    """
    everywhere = arguments.get("use_global_arguments", True)
    words = [*(sys.argv if everywhere else ()), *(arguments.get("cli_args") or ())]
    named = given_by_name(words, node, launched=LAUNCHER_VARIABLE in os.environ)
    if named is not None:
        named |= {one.name for one in arguments.get("parameter_overrides") or ()}
        unknown = [name for name in unknown if name in named]
    return sentence(unknown, known) if unknown else ""


def given_by_name(words: Sequence[str], node: str, *, launched: bool) -> set[str] | None:
    """Return the names of parameters that arguments give to this node, and not to all nodes.

    A block for all nodes (`/**`) also has what others need. So has `-p` of a launch file that
    sets a parameter for all its nodes.

    Args:
        words: Command line of the node.
        node: Full name of the node.
        launched: Whether the graph's launch has started the node.

    Returns:
        The names; None where a file cannot be read, so that nothing is known of it.
    """
    names: set[str] = set()
    for option, value in pairwise(words):
        if option == "--params-file":
            try:
                names |= ParameterFile(Path(value)).given_by_name(node)
            except ParameterFileError:
                return None
        elif option in ("-p", "--param") and not launched:
            # A node's name can stand before that of the parameter.
            names.add(value.partition(":=")[0].rpartition(":")[2])
    return names


def sentence(unknown: Sequence[str], known: Iterable[str]) -> str:
    """Return what a node says of parameters that it does not have.

    Args:
        unknown: Their names.
        known: Names of those that it has.
    """
    known = list(known)
    shown = [hinted(name, known) for name in unknown[:_SHOWN]]
    more = len(unknown) - len(shown)
    rest = f" and {more} more" if more > 0 else ""
    return f"ignores parameters that it does not have: {', '.join(shown)}{rest}"


def hinted(name: str, known: Sequence[str]) -> str:
    """Return a name with the known one that is like it."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"{name} (did you mean {close[0]}?)" if close else name
