# SPDX-License-Identifier: Apache-2.0
"""Looks drawn at random, so that what learns from images learns the face and not its studio."""

from __future__ import annotations

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_virtual_face.head.scenery import BACKDROP_SIZE
from x2c_virtual_face.look import Colour, Light, Look, View

_TONES: Array = np.array(
    [
        (1.08, 1.14, 1.17),
        (1.00, 1.00, 1.00),
        (0.92, 0.85, 0.78),
        (0.75, 0.65, 0.56),
        (0.56, 0.46, 0.40),
        (0.42, 0.34, 0.31),
    ]
)
"""Factors on the painted skin's colours, from light skin to dark."""

_ARTIFICIAL: Array = np.array([(0.72, 0.94, 1.12), (0.85, 1.02, 1.08), (1.06, 1.20, 1.30)])
"""Factors that make the skin that of a robot: blue grey, grey, white."""

_ARTIFICIAL_SHARE = 0.15
_BLOBS = 6
_COARSE = 32


def random_look(generator: np.random.Generator) -> Look:
    """Return a look in which the face can still be seen well."""
    warmth = generator.uniform(-1.0, 1.0)
    tint = np.array([1.0 + 0.10 * warmth, 1.0, 1.0 - 0.12 * warmth])
    whole = generator.uniform(0.75, 1.15)
    # An image with little light from everywhere has hard shadows, with much it is flat.
    ambient = generator.uniform(0.20, 0.48)
    key = generator.uniform(0.30, 0.62)
    lights = (
        _light(generator, key * tint * whole, sideways=1.0),
        _light(generator, generator.uniform(0.08, 0.32) * whole * np.ones(3), sideways=1.2),
        Light((0.6, 0.0, -0.7), _colour(generator.uniform(0.05, 0.25) * np.ones(3))),
    )
    return Look(
        skin=_skin(generator),
        shirt=_colour(generator.uniform(0.08, 0.80, 3)),
        ambient=_colour(ambient * whole * (0.5 + 0.5 * tint)),
        lights=lights,
        view=_view(generator),
        backdrop=_backdrop(generator),
    )


def _colour(values: Array) -> Colour:
    red, green, blue = (round(float(value), 4) for value in values)
    return red, green, blue


def _skin(generator: np.random.Generator) -> Colour:
    if generator.uniform() < _ARTIFICIAL_SHARE:
        tone = _ARTIFICIAL[generator.integers(len(_ARTIFICIAL))]
    else:
        position = generator.uniform(0.0, len(_TONES) - 1.0)
        grid = np.arange(len(_TONES))
        tone = np.array([np.interp(position, grid, channel) for channel in _TONES.T])
    return _colour(tone * generator.uniform(0.96, 1.04, 3))


def _light(generator: np.random.Generator, colour: Array, sideways: float) -> Light:
    return Light(
        direction=(
            -0.9,
            float(generator.uniform(-sideways, sideways)),
            float(generator.uniform(-1.1, 0.2)),
        ),
        colour=_colour(colour),
    )


def _view(generator: np.random.Generator) -> View:
    size = generator.uniform(0.82, 1.08)
    field = np.deg2rad(generator.uniform(16.0, 30.0))
    plain = View()
    return View(
        # The nearer the camera, the wider its field: the head keeps its size in the image.
        distance=float(plain.distance / size * np.tan(plain.field / 2.0) / np.tan(field / 2.0)),
        azimuth=float(np.deg2rad(generator.uniform(-8.0, 8.0))),
        elevation=float(np.deg2rad(generator.uniform(-6.0, 6.0))),
        roll=float(np.deg2rad(generator.uniform(-4.0, 4.0))),
        aside=float(generator.uniform(-0.18, 0.18)),
        above=float(generator.uniform(-0.15, 0.15)),
        field=float(field),
    )


def _backdrop(generator: np.random.Generator) -> ImageArray:
    """Return a gradient with blurred blobs on it, as a room out of focus."""
    low, high = (_muted(generator.uniform(0.0, 255.0, 3)) for _ in range(2))
    turn = generator.uniform(0.0, 2.0 * np.pi)
    across, up = np.meshgrid(*[np.linspace(-0.7, 0.7, _COARSE)] * 2)
    share = np.clip(0.5 + across * np.cos(turn) + up * np.sin(turn), 0.0, 1.0)[..., None]
    canvas = ((1.0 - share) * low + share * high).astype(np.float32)
    for _ in range(generator.integers(_BLOBS + 1)):
        # Behind the face lies the middle third of the image.
        middle = tuple(int(position) for position in generator.integers(8, _COARSE - 8, 2))
        size = tuple(int(length) for length in generator.integers(1, 6, 2))
        colour = _muted(generator.uniform(0.0, 255.0, 3)).tolist()
        cv2.ellipse(canvas, middle, size, float(generator.uniform(0, 180)), 0, 360, colour, -1)
    canvas = cv2.resize(canvas, (BACKDROP_SIZE, BACKDROP_SIZE), interpolation=cv2.INTER_CUBIC)
    blur = float(generator.uniform(1.6, 6.0))
    return np.asarray(np.clip(cv2.GaussianBlur(canvas, (0, 0), blur), 0, 255), np.uint8)


def _muted(colour: Array) -> Array:
    # Strong colours are rarer in rooms than grey ones.
    return np.asarray(0.45 * colour + 0.55 * colour.mean())
