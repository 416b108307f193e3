# SPDX-License-Identifier: Apache-2.0
"""Parameters that the live page shows, as far as the running nodes have them."""

from __future__ import annotations

from typing import Any

from x2c_cli.bus.connection import Bus
from x2c_cli.bus.parameters import describe
from x2c_cli.errors import BusError
from x2c_core.control_space.controls import Group
from x2c_node.parameters import CHOICES

SETTINGS = {
    "imitation_node": {"mirror": "Mirror: the person's left on the robot's right"},
    "face_tracker_node": {"automatic_calibration": "Estimate the neutral face of new people"},
    "actuation_node": {f"gain_{group}": f"Gain: {group}" for group in Group},
}
"""Labels of parameters, by node and name."""


def read_settings(bus: Bus, place: str) -> list[dict[str, Any]]:
    """Return those parameters that there are, as the page draws them.

    Args:
        bus: The bus.
        place: Namespace of the nodes; empty for the root.
    """
    there = bus.nodes()
    found = []
    for node, labels in SETTINGS.items():
        name = f"{place}/{node}"
        if name not in there:
            continue
        try:
            described = describe(bus, name, tuple(labels))
        except BusError:
            # A node that is just ending; what is left of the page serves on.
            continue
        for descriptor, value in described:
            entry = {
                "node": node,
                "parameter": descriptor.name,
                "label": labels[descriptor.name],
                "value": value,
            }
            for span in descriptor.floating_point_range:
                entry["minimum"], entry["maximum"] = span.from_value, span.to_value
            if descriptor.additional_constraints.startswith(CHOICES):
                entry["choices"] = descriptor.additional_constraints[len(CHOICES) :].split(", ")
            found.append(entry)
    return found
