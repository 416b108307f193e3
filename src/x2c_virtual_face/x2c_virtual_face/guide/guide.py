# SPDX-License-Identifier: Apache-2.0
"""The text of docs/virtual_face/README.md: what each control does to the virtual face."""

from __future__ import annotations

from collections.abc import Iterator

from x2c_core.control_space import controls
from x2c_core.control_space.captions import CAPTIONS
from x2c_core.control_space.controls import Control, Unit
from x2c_core.control_space.expressions import EXPRESSIONS
from x2c_core.robot.robot import Joint, Robot

_INTRODUCTION = """\
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by `python -m x2c_virtual_face.guide.contact_sheet`; what is changed here is lost. -->
# The virtual face and its controls

Every control at its lowest, neutral and highest value. Left and right are the robot's own, so its
left is on the right of an image. Values are ratios or radians, as on the topic `control_values`;
the joint's positions are those at the three values, as `robot.yaml` mixes them.

Try them: `./x2c face` opens a page with a slider for each. All images at once:
[controls.png](controls.png).

![the page with the sliders](panel.png)

| lowest · neutral · highest | control | moves | from … to | range (neutral) | joint | positions |
|---|---|---|---|---|---|---|
"""

_EXPRESSIONS = """
## Named expressions

As `./x2c face` mixes them and `./x2c render --expression NAME` draws them.

"""
_PER_ROW = 4


def text(robot: Robot) -> str:
    """Return the whole document for a robot with the virtual humanoid's joints."""
    rows = "".join(_row(control, robot) for control in controls.CONTROLS)
    return _INTRODUCTION + rows + _EXPRESSIONS + "\n".join(_expressions()) + "\n"


def joint_table(robot: Robot) -> str:
    """Return the table of joints for the robot folder's README."""
    lines = [
        "| joint | type | positions | velocity | acceleration | moved by |",
        "|---|---|---|---|---|---|",
    ]
    for k, joint in enumerate(robot.joints):
        scale, unit = _unit(joint)
        position = f"{joint.lower * scale:g} … {joint.upper * scale:g} {unit}"
        speed = f"{joint.velocity * scale:g} {unit}/s"
        acceleration = f"{joint.acceleration * scale:g} {unit}/s²"
        names = [controls.NAMES[curve.control] for curve in robot.curves if curve.joint == k]
        cells = (f"`{joint.name}`", joint.type, position, speed, acceleration, ", ".join(names))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def image_path(name: str) -> str:
    """Return where the image of a control or of an expression is, next to the document."""
    return f"images/{name.lower().replace(' ', '_')}.jpg"


def _row(control: Control, robot: Robot) -> str:
    caption = CAPTIONS[control.name]
    unit = " rad" if control.unit is Unit.RADIAN else ""
    values = f"{control.minimum:.4g} to {control.maximum:.4g}{unit} ({control.neutral:.4g})"
    moved = {curve.joint for curve in robot.curves if curve.control == control.index}
    names = ", ".join(f"`{robot.joints[k].name}`" for k in sorted(moved))
    positions = "; ".join(_positions(control, robot, k) for k in sorted(moved))
    image = f'<img src="{image_path(control.name)}" width="300" alt="{control.name}">'
    cells = (image, control.name, caption.moves, f"{caption.low} … {caption.high}")
    return f"| {' | '.join((*cells, values, names, positions))} |\n"


def _positions(control: Control, robot: Robot, joint: int) -> str:
    at = [
        robot.joint_targets(controls.from_names({control.name: value}))[joint]
        for value in (control.minimum, control.neutral, control.maximum)
    ]
    scale, unit = _unit(robot.joints[joint])
    return ", ".join(f"{round(float(value) * scale, 3) + 0.0:g}" for value in at) + f" {unit}"


def _unit(joint: Joint) -> tuple[float, str]:
    return (1e3, "mm") if joint.type == "prismatic" else (1.0, "rad")


def _expressions() -> Iterator[str]:
    names = list(EXPRESSIONS)
    yield "|" + " |" * _PER_ROW
    yield "|" + "---|" * _PER_ROW
    for k in range(0, len(names), _PER_ROW):
        cells = (
            f'<img src="{image_path(name)}" width="150" alt="{name}"><br>{name}'
            for name in names[k : k + _PER_ROW]
        )
        yield f"| {' | '.join(cells)} |"
