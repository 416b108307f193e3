#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generator of the tables of parameters, launch arguments, motor drivers and limits in docs/.

    . scripts/env.sh && python scripts/docs_tables.py

Each table stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import (
    GraphOptions,
    OptionText,
    backend_option_texts,
    option_texts,
)
from x2c_bringup.graph.replay import ReplayOptions, player_node, replay_texts
from x2c_bringup.launching.launch_arguments import DISCOVERY, LaunchArgument
from x2c_core.files.input_limits import LIMITS, Limit
from x2c_core.sources.camera_source import CAMERA_SOURCES
from x2c_core.sources.expression_source import EXPRESSION_SOURCES
from x2c_core.sources.source_registry import SourceRegistry
from x2c_imitation.backends import option_classes
from x2c_motors.description.settings import CommonOptions
from x2c_motors.drivers import DRIVERS
from x2c_node.parameters import Parameters, specs

DOCS = Path(__file__).resolve().parents[1] / "docs"

_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TYPES = {bool: "bool", int: "integer", float: "double", str: "string"}


def parameter_classes() -> dict[str, type[Parameters]]:
    """Return the class of parameters of each node, by its name."""
    found = {}
    nodes = build_graph(
        GraphOptions(
            record="folder",
            speech=True,
            idle=True,
            blendshapes="vmc",
            frames=True,
            humans=True,
        )
    )
    nodes += build_graph(GraphOptions(robot="example_twelve"))
    player = player_node(GraphOptions(), ReplayOptions("bag"))
    paths = {node.name: node.class_path for node in (*nodes, player)}
    paths["expression_source_node"] = "x2c_imitation.expression_source_node:ExpressionSourceNode"
    for node_name, class_path in paths.items():
        module_name, class_name = class_path.split(":")
        module = importlib.import_module(module_name)
        found[node_name] = getattr(module, class_name.replace("Node", "Parameters"))
    return found


def parameter_tables() -> dict[str, str]:
    """Return the table of each node's own parameters by its name, and of those that all have."""
    shared = set(specs(Parameters))
    return {"every_node": _parameter_table(Parameters, set())} | {
        name: _parameter_table(parameters, shared)
        for name, parameters in parameter_classes().items()
    }


def own_backends() -> dict[str, type[Any]]:
    """Return the classes of options of the project's own imitation backends, by name."""
    every = option_classes().items()
    return {name: options for name, options in every if options.__module__.startswith("x2c_")}


def backend_tables() -> dict[str, str]:
    """Return the table of parameters of each imitation backend that has options."""
    return {
        f"backend_{name}": _parameter_table(options, set())
        for name, options in own_backends().items()
        if specs(options)
    }


def launch_table(options: Sequence[OptionText | LaunchArgument]) -> str:
    """Return the table of launch arguments."""
    rows = ["| argument | default | |", "|---|---|---|"]
    rows += [f"| `{o.name}` | {_code(o.default or '')} | {o.description} |" for o in options]
    return "\n".join(rows) + "\n"


def option_table(options: type) -> str:
    """Return the table of keys of a driver section."""
    rows = ["| key | default | |", "|---|---|---|"]
    for name, (_, default, spec) in specs(options).items():
        text = default if isinstance(default, str) else str(default).lower()
        limits = _limits(spec.minimum, spec.maximum, spec.choices)
        rows.append(f"| `{name}` | {_code(text)} | {spec.description}{limits} |")
    return "\n".join(rows) + "\n"


def limit_table(limits: Sequence[Limit]) -> str:
    """Return the table of limits on input."""
    rows = ["| variable | default | unit | covers |", "|---|---|---|---|"]
    rows += [f"| `{o.variable}` | {o.default:,} | {o.unit} | {o.covers} |" for o in limits]
    return "\n".join(rows) + "\n"


def tables() -> dict[str, str]:
    """Return every table by its name."""
    return {
        "launch": launch_table([*option_texts(), DISCOVERY]),
        "backend_launch": launch_table(
            [text for text in backend_option_texts() if text.name in _own_options()]
        ),
        "replay": launch_table(replay_texts()),
        "limits": limit_table(LIMITS),
        **parameter_tables(),
        **backend_tables(),
        "driver": option_table(CommonOptions),
        **_driver_tables(),
        "camera_sources": source_table(CAMERA_SOURCES),
        "expression_sources": source_table(EXPRESSION_SOURCES),
    }


def source_table(registry: SourceRegistry[Any]) -> str:
    """Return the table of our own sources of one kind."""
    rows = ["| name | takes | options |", "|---|---|---|"]
    for name in registry.names():
        if registry.package(name).startswith("x2c_"):
            cls = registry.load(name)
            described = (
                f"`{o}`: {spec.description}" for o, (_, _, spec) in specs(cls.Options).items()
            )
            rows.append(f"| `{name}` | {cls.takes} | {'<br>'.join(described)} |")
    return "\n".join(rows) + "\n"


def _driver_tables() -> dict[str, str]:
    # Those of other packages, which may be installed too, have documentation of their own.
    names = [name for name in DRIVERS.names() if DRIVERS.package(name) == "x2c_motors"]
    return {f"driver_{name}": option_table(DRIVERS.load(name).Options) for name in names}


def filled(text: str, by_name: Mapping[str, str]) -> str:
    """Return a text with the current contents of every table in it.

    Args:
        text: Markdown with markers of tables.
        by_name: Tables as `tables` returns them.

    Raises:
        KeyError: The text has a marker of a table that does not exist.
    """
    return _TABLE.sub(lambda found: f"{found[1]}{by_name[found[2]]}{found[3]}", text)


def _own_options() -> set[str]:
    return set().union(*map(specs, own_backends().values()))


def _parameter_table(parameters: type[Any], without: set[str]) -> str:
    rows = ["| parameter | type | default | dynamic | |", "|---|---|---|---|---|"]
    for name, (kind, default, spec) in specs(parameters).items():
        if name in without:
            continue
        limits = _limits(spec.minimum, spec.maximum, spec.choices)
        text = default if isinstance(default, str) else str(default).lower()
        dynamic = "yes" if spec.dynamic else ""
        cells = [f"`{name}`", _TYPES[kind], _code(text), dynamic, spec.description + limits]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _limits(minimum: float | None, maximum: float | None, choices: tuple[str, ...]) -> str:
    if choices:
        return f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    if minimum is not None and maximum is not None:
        return f" {minimum:g} to {maximum:g}."
    if minimum is not None:
        return f" At least {minimum:g}."
    return f" At most {maximum:g}." if maximum is not None else ""


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def main() -> None:
    """Write the tables."""
    by_name = tables()
    for path in DOCS.glob("*.md"):
        path.write_text(filled(path.read_text(encoding="utf-8"), by_name), encoding="utf-8")


if __name__ == "__main__":
    main()
