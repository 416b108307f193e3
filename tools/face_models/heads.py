# SPDX-License-Identifier: Apache-2.0
"""The parts of the face mesh that look at lips, eyes and irises once more, found in the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from face_models.tflite import ModelFormatError, Operator, TfliteModel

_MATRIX = "Landmarks2TransformMatrix"
_SAMPLING = "TransformTensorBilinear"
_BACK = "TransformLandmarks"


@dataclass(frozen=True)
class Region:
    """A region of the face that is looked at once more.

    Attributes:
        indices: Landmarks whose box is the region; the refined ones come in their order.
        ends: Landmarks that are level in an upright face, as seen from left to right.
        scale: Size of what is looked at, relative to the box.
    """

    indices: tuple[int, ...]
    ends: tuple[int, int]
    scale: float


class Heads:
    """Heads of the network: chains of layers of equal shapes, from sampling to refined landmarks.

    Attributes:
        mesh: Tensor with the coarse landmarks.
        attended: Tensor that the heads sample.
        regions: Regions sampled.
        region_of: Place in `regions` for each head.
        stages: Layers in order; each has one operator for each chain that differs there, which is
            first one a region, then one a head.
        counts: Refined landmarks of each head.

    Args:
        model: The face mesh.
        outputs: Tensors of the refined landmarks, a head each.

    Raises:
        ModelFormatError: The heads are not of equal shapes, or are made of other layers.
    """

    def __init__(self, model: TfliteModel, outputs: Sequence[int]) -> None:
        self._model = model
        chains = [self._chain(output) for output in outputs]
        samplings = list(dict.fromkeys(chain[0].outputs[0] for chain in chains))
        self.attended = chains[0][0].inputs[0]
        self.region_of = [samplings.index(chain[0].outputs[0]) for chain in chains]
        matrices = [self._matrix(model.operator(one)) for one in samplings]
        self.regions = [_region(one) for one in matrices]
        self.mesh = self._coarse(matrices[0])
        self.counts = [model.shape(chain[-1].outputs[0])[3] // 2 for chain in chains]
        self.stages: list[list[Operator]] = []
        for operators in zip(*(chain[1:] for chain in chains), strict=True):
            distinct = list({one.outputs[0]: one for one in operators}.values())
            if len({one.kind for one in distinct}) != 1:
                raise ModelFormatError("the heads of the face mesh are not of equal shapes")
            self.stages.append(distinct)

    def _chain(self, output: int) -> list[Operator]:
        """Return the layers from the sampling to the last convolution, shortcuts included."""
        operator = self._model.operator(output)
        while operator.kind in ("RESHAPE", _BACK):
            operator = self._model.operator(operator.inputs[0])
        chain: list[Operator] = []
        self._collect(operator, chain)
        return chain

    def _collect(self, operator: Operator, chain: list[Operator]) -> None:
        if operator in chain:
            return
        if operator.kind != _SAMPLING:
            for one in operator.inputs:
                if self._model.written(one):
                    self._collect(self._model.operator(one), chain)
        chain.append(operator)

    def _matrix(self, sampling: Operator) -> Operator:
        matrix = self._model.operator(sampling.inputs[1])
        if matrix.kind != _MATRIX:
            raise ModelFormatError(f"expected {_MATRIX} before {_SAMPLING}, got {matrix.kind}")
        return matrix

    def _coarse(self, matrix: Operator) -> int:
        operator = self._model.operator(matrix.inputs[0])
        while operator.kind in ("RESHAPE", "MUL"):
            tensor = operator.inputs[0]
            operator = self._model.operator(tensor)
        return tensor


def _region(matrix: Operator) -> Region:
    options = matrix.options
    if options["scale_x"] != options["scale_y"] or options["target_rotation_radians"] != 0.0:
        raise ModelFormatError(f"unexpected options of {_MATRIX}: {options}")
    return Region(
        tuple(options["subset_idxs"]),
        (options["left_rotation_idx"], options["right_rotation_idx"]),
        options["scale_x"],
    )
