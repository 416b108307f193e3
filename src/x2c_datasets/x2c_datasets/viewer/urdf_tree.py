# SPDX-License-Identifier: Apache-2.0
"""Links and joints of a URDF, as far as they are seen."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from x2c_core.arrays import Array
from x2c_core.files.input_limits import TEXT_BYTES
from x2c_core.files.regular_files import read_text
from x2c_datasets.errors import ExportError


@dataclass(frozen=True)
class Visual:
    """Visible part of a link.

    Attributes:
        name: Name within the link.
        mesh: File of the mesh.
        colour: Red, green, blue and opacity, 0 to 1.
    """

    name: str
    mesh: Path
    colour: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class UrdfJoint:
    """Joint between two links.

    Attributes:
        name: Name of the joint.
        child: Name of the link that it moves.
        translation: (3,) its place in the parent's frame [m].
        rotation: (3, 3) its orientation in the parent's frame at position 0.
        axis: (3,) axis in its own frame.
        slides: Whether it slides along the axis, rather than turning about it.
    """

    name: str
    child: str
    translation: Array
    rotation: Array
    axis: Array
    slides: bool

    def at(self, position: float) -> tuple[Array, Array]:
        """Return translation (3,) [m] and rotation (3, 3) of the child in the parent's frame.

        Args:
            position: Position of the joint [rad or m].
        """
        if self.slides:
            return self.translation + self.rotation @ (self.axis * position), self.rotation
        return self.translation, self.rotation @ _about(self.axis, position)


@dataclass(frozen=True)
class UrdfTree:
    """Links with what is seen of them.

    Attributes:
        paths: Path of each link from the root, with the names of all links between.
        visuals: Visible parts by link.
        joints: All joints.
    """

    paths: dict[str, str]
    visuals: dict[str, tuple[Visual, ...]]
    joints: tuple[UrdfJoint, ...]


def read_urdf(path: Path) -> UrdfTree:
    """Return the tree of a URDF whose meshes are in the folder `meshes` beside it.

    Raises:
        ExportError: It cannot be read; the text says why.
    """
    try:
        # Robots' folders are the user's own.
        root = ET.fromstring(read_text(path, TEXT_BYTES))  # noqa: S314
        joints, parents = [], {}
        for element in root.findall("joint"):
            joint = _joint(element)
            joints.append(joint)
            parents[joint.child] = _attribute(element, "parent", "link")
        colours = {one.get("name", ""): _colour(one) for one in root.findall("material")}
        visuals = {
            link.get("name", ""): tuple(_visuals(link, path.parent, colours))
            for link in root.findall("link")
        }
        paths = {link: _path(link, parents) for link in visuals}
    except (OSError, ValueError, KeyError, AttributeError, ET.ParseError) as error:
        raise ExportError(f"cannot read the URDF {path}: {error}") from error
    return UrdfTree(paths, visuals, tuple(joints))


def _path(link: str, parents: dict[str, str]) -> str:
    names = [link]
    while names[-1] in parents:
        names.append(parents[names[-1]])
        if len(names) > len(parents) + 1:
            raise ValueError(f"link {link} is its own ancestor")
    return "/".join(reversed(names))


def _joint(element: ET.Element) -> UrdfJoint:
    origin = element.find("origin")
    place = "" if origin is None else origin.get("xyz", "")
    turn = "" if origin is None else origin.get("rpy", "")
    axis = element.find("axis")
    direction = _numbers("1 0 0" if axis is None else axis.get("xyz", "1 0 0"))
    length = float(np.linalg.norm(direction))
    roll, pitch, yaw = _numbers(turn)
    x, y, z = np.eye(3)
    return UrdfJoint(
        name=element.attrib["name"],
        child=_attribute(element, "child", "link"),
        translation=_numbers(place),
        rotation=_about(z, yaw) @ _about(y, pitch) @ _about(x, roll),
        axis=direction / length if length else direction,
        slides=element.get("type") == "prismatic",
    )


def _visuals(
    link: ET.Element, folder: Path, colours: dict[str, tuple[float, ...]]
) -> list[Visual]:
    found = []
    for index, element in enumerate(link.findall("visual")):
        mesh = element.find("geometry/mesh")
        if mesh is None:
            continue
        material = element.find("material")
        name = "" if material is None else material.get("name", "")
        file = folder / "meshes" / Path(mesh.attrib["filename"]).name
        colour = colours.get(name, (0.7, 0.7, 0.7, 1.0))
        found.append(Visual(element.get("name", f"visual_{index}"), file, colour))
    return found


def _colour(material: ET.Element) -> tuple[float, ...]:
    element = material.find("color")
    text = "0.7 0.7 0.7 1" if element is None else element.get("rgba", "0.7 0.7 0.7 1")
    return tuple(float(one) for one in text.split())


def _attribute(element: ET.Element, child: str, name: str) -> str:
    found = element.find(child)
    if found is None:
        raise ValueError(f"joint {element.get('name')} has no {child}")
    return found.attrib[name]


def _numbers(text: str) -> Array:
    numbers = np.array([float(one) for one in (text or "0 0 0").split()])
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        raise ValueError(f"expected three numbers, got {text!r}")
    return numbers


def _about(axis: Array, angle: float) -> Array:
    """Return the rotation (3, 3) about a unit axis (3,) by an angle [rad]."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(
        np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross
    )
