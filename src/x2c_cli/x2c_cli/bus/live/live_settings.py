# SPDX-License-Identifier: Apache-2.0
"""Parameters, saved people and styles that the live page shows, as far as the nodes have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from std_srvs.srv import Trigger

from x2c_bringup.errors import PageError
from x2c_bringup.page.newest import Newest
from x2c_bringup.page.wishes import Wish
from x2c_bringup.styles import NODE, Style, style_of
from x2c_cli.bus.connection import Bus
from x2c_cli.bus.parameters import describe, set_parameter, set_parameters
from x2c_cli.errors import BusError
from x2c_core.control_space.controls import Group
from x2c_core.printable import printable
from x2c_core.words import did_you_mean
from x2c_node.parameters import CHOICES

_TRACKER, _PERSON = "face_tracker_node", "person"
SETTINGS = {
    "imitation_node": {"mirror": "Mirror: the person's left on the robot's right"},
    _TRACKER: {
        "automatic_calibration": "Estimate the neutral face of new people",
        _PERSON: "Saved neutral face",
    },
    NODE: {f"gain_{group}": f"Gain: {group}" for group in Group},
}
"""Labels of parameters, by node and name."""


class LiveSettings:
    """Show and set what the page offers.

    Args:
        newest: Gets the parts "settings", "people" and "styles".
        styles: Styles to choose from, by name.
    """

    def __init__(self, newest: Newest, styles: Mapping[str, Style]) -> None:
        self._newest = newest
        self._styles = styles

    def show(self, bus: Bus, place: str) -> None:
        """Show what the nodes have.

        Args:
            bus: The bus.
            place: Namespace of the nodes; empty for the root.
        """
        entries = _read(bus, place)
        person = next((one for one in entries if one["parameter"] == _PERSON), None)
        self._newest.put("settings", [one for one in entries if one is not person])
        self._newest.put("people", person and _people(bus, place, person["value"]))
        gains = {one["parameter"]: one["value"] for one in entries if one["node"] == NODE}
        shown = {"names": list(self._styles), "chosen": style_of(self._styles, gains)}
        self._newest.put("styles", shown if gains else None)

    def hide(self) -> None:
        """Show nothing, as while no robot is chosen."""
        self._newest.put("settings", [])
        self._newest.put("people", None)
        self._newest.put("styles", None)

    def set(self, bus: Bus, place: str, wish: Wish) -> str:
        """Set a parameter, and return what is to be said of it; mostly nothing.

        Raises:
            PageError: The page does not offer it.
            BusError: The node does not take it.
        """
        if wish.parameter not in SETTINGS.get(wish.node, ()):
            raise PageError("this page does not offer that setting; see 'x2c set'")
        about = ""
        if wish.parameter == _PERSON and wish.value:
            known = wish.value in _saved(bus, place)
            about = f"{wish.value}: " + (
                "the saved neutral face is used; calibrate to replace it"
                if known
                else "the neutral face is saved under this name from now on"
            )
        set_parameter(bus, f"{place}/{wish.node}", wish.parameter, _text(wish.value))
        return about

    def wear(self, bus: Bus, place: str, name: str) -> None:
        """Set the gains of a style.

        Raises:
            PageError: There is no such style.
            BusError: The node does not take it.
        """
        if name not in self._styles:
            hint = did_you_mean(name, self._styles)
            raise PageError(f"there is no style {name!r:.80}{hint}")
        set_parameters(bus, f"{place}/{NODE}", self._styles[name])


def _people(bus: Bus, place: str, chosen: str) -> dict[str, Any]:
    return {"names": _saved(bus, place), "chosen": printable(chosen)}


def _saved(bus: Bus, place: str) -> list[str]:
    """Return the names of the people whose neutral faces the tracker has saved."""
    service = f"{place}/{_TRACKER}/list_people"
    if service not in bus.services():
        return []
    answer = bus.call(Trigger, service, Trigger.Request()).message
    return [printable(one) for one in answer.split(", ") if one]


def _read(bus: Bus, place: str) -> list[dict[str, Any]]:
    """Return those parameters that there are, as the page draws them."""
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


def _text(value: bool | float | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
