# SPDX-License-Identifier: Apache-2.0
"""The skeleton under the skin: which body turns or slides where, and which joints follow others.

Positions are interocular distances in the head frame (x forward, y to the own left, z up).
"""

from __future__ import annotations

from dataclasses import dataclass

from x2c_virtual_face.head import eyes

Vector = tuple[float, float, float]

METRES = 0.063
"""One interocular distance [m]."""

TORSO_BODY = "torso"
HEAD_BODY = "head"
JAW_BODY = "jaw"

_LIDS_FOLLOW = 0.5
"""Share of the eyes' way up and down that their lids go along, somewhat less than people's."""


@dataclass(frozen=True)
class Axis:
    """One joint of a bone.

    Attributes:
        name: Name of the joint; those that are not followers are the robot's joints.
        direction: Direction of sliding, or axis of rotation.
        slides: Whether it slides [m] or turns [rad].
        leader: Joint that it follows by itself, or empty.
        follows: Coefficients of leader, leader², ... that give its position.
    """

    name: str
    direction: Vector
    slides: bool = False
    leader: str = ""
    follows: tuple[float, ...] = ()


@dataclass(frozen=True)
class Bone:
    """One body of the skeleton: its parent body, the point its joints go through, its joints."""

    name: str
    parent: str
    position: Vector
    axes: tuple[Axis, ...]


def _slide(name: str, parent: str, position: Vector, direction: Vector) -> Bone:
    return Bone(name, parent, position, (Axis(name, direction, slides=True),))


def _hinge(name: str, parent: str, position: Vector, direction: Vector) -> Bone:
    return Bone(name, parent, position, (Axis(name, direction),))


def _follower(
    name: str, parent: str, position: Vector, direction: Vector, leader: str, *follows: float
) -> Bone:
    axis = Axis(name, direction, slides=True, leader=leader, follows=follows)
    return Bone(name, parent, position, (axis,))


def _bones_of_side(side: str, left: float) -> list[Bone]:
    eye: Vector = (eyes.CENTRE_LEFT[0], left * eyes.CENTRE_LEFT[1], eyes.CENTRE_LEFT[2])
    corner: Vector = (0.16, left * 0.41, -0.90)
    inner, outer = (0.2, left * 0.3, 0.33), (0.0, left * 0.75, 0.35)
    top, bottom = (0.3, left * 0.22, -0.85), (0.3, left * 0.22, -0.97)
    return [
        _slide(f"brow_inner_{side}", HEAD_BODY, inner, (-0.15, left * 0.12, 1.0)),
        _slide(f"brow_outer_{side}", HEAD_BODY, outer, (-0.25, left * -0.05, 1.0)),
        # Lids go with the eye, both alike: so shut is shut wherever it looks.
        Bone(
            f"eyelids_{side}",
            HEAD_BODY,
            eye,
            (
                Axis(
                    f"eyelids_{side}",
                    (0.0, -1.0, 0.0),
                    leader="gaze_target_theta",
                    follows=(_LIDS_FOLLOW,),
                ),
            ),
        ),
        _hinge(f"eyelid_upper_{side}", f"eyelids_{side}", eye, (0.0, -1.0, 0.0)),
        _hinge(f"eyelid_lower_{side}", f"eyelids_{side}", eye, (0.0, -1.0, 0.0)),
        _slide(f"lip_corner_raise_{side}", HEAD_BODY, corner, (-0.18, left * 0.22, 1.0)),
        _slide(f"lip_corner_stretch_{side}", HEAD_BODY, corner, (-0.5, left * 1.0, 0.0)),
        _slide(f"lip_top_raise_{side}", HEAD_BODY, top, (0.12, left * 0.05, 1.0)),
        # A lip goes down when its joint goes up, as its control says: depress.
        _slide(f"lip_bottom_depress_{side}", JAW_BODY, bottom, (-0.05, left * 0.05, -1.0)),
        # What raises the upper lip also raises the skin beside the nose.
        _follower(
            *(f"levator_{side}", HEAD_BODY, (0.25, left * 0.38, -0.5), (0.55, left * 0.1, 1.0)),
            *(f"lip_top_raise_{side}", 0.5),
        ),
        # A brow that is lowered comes to the middle too and bulges; a raised one does not.
        _follower(
            *(f"corrugator_{side}", HEAD_BODY, inner, (0.15, left * -1.0, -0.75)),
            *(f"brow_inner_{side}", -0.36, 48.0),
        ),
        _follower(
            *(f"cheek_{side}", HEAD_BODY, (0.1, left * 0.6, -0.5), (0.75, left * 0.25, 0.8)),
            *(f"lip_corner_raise_{side}", 0.45, 15.0),
        ),
        _follower(
            *(f"pucker_{side}", HEAD_BODY, (0.35, left * 0.15, -0.9), (1.0, 0.0, 0.0)),
            *(f"lip_corner_stretch_{side}", -0.28, 28.0),
        ),
    ]


_EYE: Vector = (eyes.CENTRE_LEFT[0], eyes.CENTRE_LEFT[1], eyes.CENTRE_LEFT[2])

BONES: tuple[Bone, ...] = (
    Bone("neck", TORSO_BODY, (-1.40, 0.0, -2.7), (
        Axis("neck_pitch", (0.0, 1.0, 0.0)),
        Axis("neck_roll", (1.0, 0.0, 0.0)),
    )),
    Bone(HEAD_BODY, "neck", (-1.15, 0.0, -0.95), (
        Axis("head_yaw", (0.0, 0.0, 1.0)),
        Axis("head_pitch", (0.0, 1.0, 0.0)),
        Axis("head_roll", (1.0, 0.0, 0.0)),
    )),
    Bone(JAW_BODY, HEAD_BODY, (-0.90, 0.0, -0.45), (
        Axis("jaw_pitch", (0.0, 1.0, 0.0)),
        Axis("jaw_yaw", (0.0, 0.0, 1.0)),
    )),
    Bone("eye_left", HEAD_BODY, _EYE, (
        Axis("gaze_target_phi", (0.0, 0.0, 1.0)),
        Axis("gaze_target_theta", (0.0, -1.0, 0.0)),
    )),
    Bone("eye_right", HEAD_BODY, (_EYE[0], -_EYE[1], _EYE[2]), (
        Axis("gaze_phi_right", (0.0, 0.0, 1.0), leader="gaze_target_phi", follows=(1.0,)),
        Axis("gaze_theta_right", (0.0, -1.0, 0.0), leader="gaze_target_theta", follows=(1.0,)),
    )),
    *_bones_of_side("left", 1.0),
    *_bones_of_side("right", -1.0),
    _slide("lip_top_raise_middle", HEAD_BODY, (0.37, 0.0, -0.85), (0.12, 0.0, 1.0)),
    _slide("lip_bottom_depress_middle", JAW_BODY, (0.37, 0.0, -0.97), (-0.05, 0.0, -1.0)),
    _hinge("lip_top_curl", HEAD_BODY, (0.37, 0.0, -0.73), (0.0, -1.0, 0.0)),
    _hinge("lip_bottom_curl", JAW_BODY, (0.365, 0.0, -1.08), (0.0, 1.0, 0.0)),
    _slide("nose_wrinkle", HEAD_BODY, (0.4, 0.0, -0.4), (-0.25, 0.0, 1.0)),
    # A lip rolled outward shows more of its red, so its outer edge gives way.
    _follower("lip_top_edge", HEAD_BODY, (0.37, 0.0, -0.79), (0.0, 0.0, 1.0),
              "lip_top_curl", 0.0055),
    _follower("lip_bottom_edge", JAW_BODY, (0.35, 0.0, -1.04), (0.0, 0.0, -1.0),
              "lip_bottom_curl", 0.0065),
    _follower("nose_bridge", HEAD_BODY, (0.3, 0.0, 0.2), (0.25, 0.0, -1.0), "nose_wrinkle", 0.7),
)  # fmt: skip
"""Every body, parents before children."""

JOINT_TYPES = {
    axis.name: "prismatic" if axis.slides else "revolute"
    for bone in BONES
    for axis in bone.axes
    if not axis.leader
}
"""Types of the joints a robot description commands, by name."""

ROBOT_JOINTS: frozenset[str] = frozenset(JOINT_TYPES)
"""Names of these joints."""
