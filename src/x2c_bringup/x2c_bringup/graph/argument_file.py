# SPDX-License-Identifier: Apache-2.0
"""Parameters that were chosen for a node, as a file that goes behind every other one."""

from __future__ import annotations

import json
from pathlib import Path

from x2c_bringup.graph.node_specs import NodeSpec


def argument_file(spec: NodeSpec, folder: Path) -> str:
    """Write the node's own parameters to a file for `--params-file`.

    ROS lets the block win that comes last, and joins blocks of one name where the first of them
    is. What `-p` gives, or a block of the node's plain name, could so lose against the user's
    file. No user writes this block's name: it comes last, and holds in any namespace.

    Args:
        spec: The node.
        folder: Folder of the file; there is one file for each node.

    Returns:
        Path of the file; empty for a node without parameters of its own.
    """
    if not spec.parameters:
        return ""
    block = {f"/**/**/{spec.name}": {"ros__parameters": dict(spec.parameters)}}
    path = folder / f"{spec.name}.yaml"
    # JSON is YAML in which a text stays a text: "0" is no number.
    path.write_text(json.dumps(block, ensure_ascii=False), encoding="utf-8")
    return str(path)
