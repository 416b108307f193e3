# SPDX-License-Identifier: Apache-2.0
"""The words of a data card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_datasets.collection_settings import CollectionSettings, LookKind
from x2c_datasets.formats import layout

_HUB = {"val": "validation"}
_QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)
_KINDS = {
    "emotion": "one of the named expressions, basic emotions and beyond, at a random strength",
    "blend": "two expressions: mixed, one above and the other below, or one after the other",
    "one-sided": "an expression mostly on one side of the face, sometimes with a wink",
    "speech": "a few sounds of speech, with some of an expression",
    "single": "one control alone, to both ends of its range and back",
    "babble": "two to four random poses of three to twelve controls",
}


@dataclass(frozen=True)
class Facts:
    """Content of a card.

    Attributes:
        settings: Settings of the data set.
        pairs: Number of pairs in each split.
        animations: Number of animations in each split.
        kinds: Number of pairs of each kind of animation.
        landmarks: Whether there are landmarks.
        values: (n, 30) [ratio or rad].
    """

    settings: CollectionSettings
    pairs: Mapping[str, int]
    animations: Mapping[str, int]
    kinds: Mapping[str, int]
    landmarks: bool
    values: Array


def text(facts: Facts) -> str:
    """Return the card, in Markdown with the head that the Hugging Face hub reads."""
    parts = (
        _head(facts),
        _what(facts),
        _splits(facts),
        _columns(facts),
        _how(facts),
        _distribution(facts),
        _made_with(facts),
    )
    return "\n".join(parts)


def _name(settings: CollectionSettings) -> str:
    return f"X2C-{settings.robot}" if settings.camera else "X2C-Sim"


def _head(facts: Facts) -> str:
    files = "".join(
        f"      - split: {_HUB.get(split, split)}\n        path: {split}/**\n"
        for split in facts.pairs
    )
    return (
        "---\n"
        f"pretty_name: {_name(facts.settings)}\n"
        "license: apache-2.0\n"
        "task_categories: [image-feature-extraction, robotics]\n"
        "tags: [facial-expression, humanoid, control-values]\n"
        f"configs:\n  - config_name: default\n    data_files:\n{files}"
        "---\n"
    )


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _what(facts: Facts) -> str:
    settings = facts.settings
    total = sum(facts.pairs.values())
    images = (
        f"taken from the topic `{settings.camera}`"
        if settings.camera
        else f"rendered at {settings.size}x{settings.size}"
    )
    return f"""# {_name(settings)}

{total} images of the robot `{settings.robot}`, {images}.
Each comes with the 30 control values that made the face: the control space of X2C (arXiv
2505.11146), and its kind of data.

![samples]({layout.SAMPLES_SHEET})

The most expressive image of some animations, and below two animations from beginning to end.
"""


def _splits(facts: Facts) -> str:
    rows = "\n".join(
        _row(split, count, facts.animations[split]) for split, count in facts.pairs.items()
    )
    return f"""## Splits

| split | pairs | animations |
|---|---|---|
{rows}

An animation is in one split only. Of ten, eight are in train, one in val, one in test.
"""


def _columns(facts: Facts) -> str:
    described = {
        layout.FILE_NAME: "image, relative to the metadata's folder",
        f"{controls.NAMES[0]}` ... `{controls.NAMES[-1]}": (
            "the 30 control values by name; angles (gaze, head, neck) in **radians**; left and "
            "right are the robot's own"
        ),
        f"{layout.ANIMATION}`, `{layout.ANIMATION_NAME}": (
            "which animation it belongs to, and what is played"
        ),
        f"{layout.FRAME}`, `{layout.TIME}": "place in the animation, and its time [s]",
        layout.SPLIT: "train, val or test",
    }
    if facts.landmarks:
        described[layout.LANDMARKS] = (
            "478x3, MediaPipe's face landmarks by construction, not detected: in the head's frame "
            "(x forward, y to the face's own left, z up) [interocular distances]; head and neck "
            "leave them unchanged"
        )
        described[layout.PROJECTION] = (
            "3x4 matrix P: P (x, y, z, 1) = (u w, v w, w) with the pixel (u, v) from the upper "
            "left corner of the image"
        )
    rows = "\n".join(_row(f"`{name}`", what) for name, what in described.items())
    return f"""## Columns of `metadata.parquet`

| column | what |
|---|---|
{rows}

```python
from datasets import load_dataset
pairs = load_dataset("imagefolder", data_dir="...", split="train")

from x2c_datasets.formats import read_data_set
pairs = read_data_set(Path("...")).split("train")
```
"""


def _how(facts: Facts) -> str:
    settings = facts.settings
    rows = "\n".join(
        f"| {kind} | {count} | {_KINDS[kind]} |" for kind, count in facts.kinds.items()
    )
    if settings.camera:
        look = (
            "Each pose was commanded within the joints' limits of position and half their limits "
            "of velocity, acceleration and jerk, awaited in the joint states where there are any, "
            "and held "
            f"for {settings.settle:g} s. Its image is the first one stamped after that, at most "
            f"{settings.tolerance:g} s later by the clock of the computer that collected; where "
            "there was none, the pose is left out."
        )
    elif settings.look is LookKind.VARIED:
        look = (
            "Each animation has a look of its own, drawn at random: the direction, strength and "
            "colour of the lights; place, turn and focal length of the camera; tone of the skin "
            "(human, and in a seventh of the animations a robot's grey or white); shirt and "
            "background. "
            "The poses are shown at rest: no servo dynamics, no motion blur, no shadows."
        )
    else:
        look = (
            "All images have the same light, camera, skin and background. The poses are at rest."
        )
    return f"""## How it was made

Animations go from the neutral face to one or more peaks and back, over 1 to 3 s. Each is cut into
{settings.frames} equal parts, and one image is taken at a random time in each. Gaze and head
wander and the eyes blink, but for the kind `single`.

| kind | pairs | what is played |
|---|---|---|
{rows}

{look}
"""


def _distribution(facts: Facts) -> str:
    rows = "\n".join(
        _row(
            control.name,
            f"{control.minimum:.2f} to {control.maximum:.2f}",
            f"{control.neutral:.2f}",
            *(f"{value:.2f}" for value in np.quantile(column, _QUANTILES)),
        )
        for control, column in zip(controls.CONTROLS, facts.values.T, strict=True)
    )
    return f"""## Distribution

![values]({layout.VALUES_PLOT})

| control | range | neutral | 1 % | 25 % | median | 75 % | 99 % |
|---|---|---|---|---|---|---|---|
{rows}
"""


def _made_with(facts: Facts) -> str:
    settings = facts.settings
    content = json.loads(settings.to_json())
    versions = ", ".join(f"{name} {number}" for name, number in content["versions"].items())
    file = f", robot.yaml {settings.robot_file}" if settings.robot_file else ""
    words = [
        *("./x2c collect --robot", settings.robot, "--samples", str(settings.samples)),
        *("--seed", str(settings.seed), "--frames", str(settings.frames)),
    ]
    if settings.camera:
        words += ["--topics --camera", settings.camera, "--quality", str(settings.quality)]
        words += ["--settle", f"{settings.settle:g}", "--tolerance", f"{settings.tolerance:g}"]
        same = "The same command plays the same animations. Versions:"
    else:
        words += ["--size", str(settings.size), "--quality", str(settings.quality)]
        words += ["--look", settings.look.value]
        same = (
            "The same command gives the same bytes, whatever the number of processes and however "
            "often it was\nstopped, with the same versions, OpenGL library and kind of processor:"
        )
    return f"""## Made with

    {" ".join(words)} --out DIR

{same} {versions}{file}.
"""
