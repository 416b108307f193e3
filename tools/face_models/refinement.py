# SPDX-License-Identifier: Apache-2.0
"""Coarse landmarks of the face mesh, and the lips, eyes and irises that are looked at again.

Few and large steps: each node of a graph costs some microseconds, whatever it computes. Linear
steps are therefore part of the convolutions before them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from face_models.heads import Heads
from face_models.layers import LayerMaker
from face_models.tflite import ModelFormatError, Operator

SIZE = 192
"""Side of the network's image [pixel]."""
LANDMARKS = 478

_MAP = 48
"""Side of the map that the heads sample [pixel of its own]."""
_PATCH = 16
"""Side of what each head sees [pixel of its own]."""
_FINENESS = 4.0
"""Units of a head's output in a pixel of its patch."""
_MESH = 468
_IRIS = 5
_LID_EDGE = 16
"""Number of an eye's landmarks, from the first on, whose mean depth its iris takes."""
_SHORTEST = 1e-6
"""Distance that two landmarks count as apart at least [pixel]: it is divided by."""
_AXIS_1 = np.array([1])


class Refinement:
    """The part of the graph behind the trunk.

    Args:
        layers: Layers of the model.
        heads: Heads found in it.
        features: (1, channels, 3, 3) values from which the coarse landmarks are read.
        mesh: Layer that reads them.
        flag: Layer that reads whether there is a face.
    """

    def __init__(
        self, layers: LayerMaker, heads: Heads, features: str, mesh: Operator, flag: Operator
    ) -> None:
        self._layers, self._graph, self._heads = layers, layers.graph, heads
        weights, bias = layers.weights(mesh)
        lids = [np.array(region.indices[:_LID_EDGE]) * 3 + 2 for region in heads.regions[1:]]
        flag_weights, flag_bias = layers.weights(flag)
        # After the landmarks come the depths of the irises, then the face flag.
        rows = [weights, *(_mean(weights[one]) for one in lids), flag_weights]
        biases = [bias, *(_mean(bias[one]) for one in lids), flag_bias]
        self._flat = self._reshaped(
            self._graph.convolution(features, np.concatenate(rows), np.concatenate(biases)), -1
        )
        self._iris_depth = 3 * _MESH
        self._flag = self._iris_depth + len(lids)
        self._count = self._flag + 1

    def score(self) -> str:
        """Return the probability (1,) that the image shows a face."""
        logit = self._graph.node(
            "Gather", self._flat, self._graph.constant(np.array([self._flag])), axis=0
        )
        return self._graph.node("Sigmoid", logit)

    def landmarks(self, attended: str) -> str:
        """Return all landmarks (478, 3) [pixel].

        Args:
            attended: (1, channels, 48, 48) map that the heads sample.
        """
        placement = self._placement()
        refined = self._refined(self._patches(attended, placement), placement)
        everything = self._graph.node("Concat", self._flat, self._reshaped(refined, -1), axis=0)
        return self._graph.node(
            "Gather", everything, self._graph.constant(self._sources()), axis=0
        )

    def _placement(self) -> str:
        """Return where the patches lie: (regions, 3, 2).

        A place x, y in a patch, counted in its pixels from its centre, is (x, y, 1) @ placement in
        the image [pixel].
        """
        graph, regions = self._graph, self._heads.regions
        ends = np.array([region.ends for region in regions])
        longest = max(len(region.indices) for region in regions)
        # A landmark that is named again does not change the box.
        outlines = np.array(
            [
                (*region.indices, *region.indices[:1] * (longest - len(region.indices)))
                for region in regions
            ]
        )
        left, right = (self._coarse(ends[:, i]) for i in (0, 1))
        along = graph.node("Sub", right, left)
        length = graph.node("ReduceL2", along, graph.constant(_AXIS_1), keepdims=1)
        # Where two landmarks fall together, what follows must stay finite.
        length = graph.node("Max", length, graph.constant(np.float32(_SHORTEST)))
        direction = graph.node("Div", along, length)
        # Axes of the regions: along (cosine, sine), and across (-sine, cosine).
        axes = graph.constant(np.array([[1, 0, 0, 1], [0, 1, -1, 0]], dtype=np.float32))
        turn = self._reshaped(graph.node("MatMul", direction, axes), -1, 2, 2)
        level = graph.node(
            "MatMul", self._coarse(outlines), graph.node("Transpose", turn, perm=[0, 2, 1])
        )
        low = graph.node("ReduceMin", level, graph.constant(_AXIS_1), keepdims=1)
        high = graph.node("ReduceMax", level, graph.constant(_AXIS_1), keepdims=1)
        half = graph.constant(np.float32(0.5))
        centre = graph.node("Mul", graph.node("Add", low, high), half)
        factors = np.array([[[region.scale / _PATCH]] for region in regions], np.float32)
        scale = graph.node("Mul", graph.node("Sub", high, low), graph.constant(factors))
        scaled = graph.node("Mul", graph.node("Transpose", scale, perm=[0, 2, 1]), turn)
        return graph.node("Concat", scaled, graph.node("MatMul", centre, turn), axis=1)

    def _coarse(self, indices: NDArray[np.int64]) -> str:
        """Return coarse landmarks (*indices.shape, 2) [pixel]."""
        places = indices[..., None] * 3 + np.arange(2)
        return self._graph.node("Gather", self._flat, self._graph.constant(places), axis=0)

    def _patches(self, attended: str, placement: str) -> str:
        """Return what the heads see: (1, regions x channels, 16, 16)."""
        graph, regions = self._graph, len(self._heads.regions)
        steps = np.arange(_PATCH, dtype=np.float32) + 0.5 - _PATCH / 2.0
        x, y = (one.ravel() for one in np.meshgrid(steps, steps))
        # GridSample counts from -1 to 1.
        points = np.stack([x, y, np.ones_like(x)], axis=-1)[None] * np.float32(2.0 / SIZE)
        grid = graph.node(
            "Sub",
            graph.node("MatMul", graph.constant(points), placement),
            graph.constant(np.float32(1.0)),
        )
        # What lies beyond the centres of the outermost pixels counts as zero, and does not fade
        # to zero: it is moved far out.
        limit = np.float32(1.0 - 1.0 / _MAP)
        inside = graph.node("Clip", grid, graph.constant(-limit), graph.constant(limit))
        beyond = graph.node(
            "Mul", graph.node("Sub", grid, inside), graph.constant(np.float32(1e6))
        )
        grid = graph.node("Add", grid, beyond)
        # One patch below the other, so the map is not copied for each.
        sampled = graph.node(
            "GridSample",
            attended,
            self._reshaped(grid, 1, regions * _PATCH, _PATCH, 2),
            mode="linear",
            padding_mode="zeros",
            align_corners=0,
        )
        apart = self._reshaped(sampled, -1, regions, _PATCH * _PATCH)
        patches = self._reshaped(
            graph.node("Transpose", apart, perm=[1, 0, 2]), 1, -1, _PATCH, _PATCH
        )
        return self._blocked(patches)

    def _refined(self, patches: str, placement: str) -> str:
        """Return the refined landmarks (heads, points, 2) [pixel]."""
        graph, layers, heads = self._graph, self._layers, self._heads
        first = heads.stages[0][0].inputs[0]
        # The values of a stage are known by the tensors of its first operator.
        values, groups = {first: patches}, {first: len(heads.regions)}
        for stage in heads.stages[:-1]:
            operator = stage[0]
            inputs = [one for one in operator.inputs if one in values]
            for tensor in inputs:
                if groups[tensor] != len(stage):
                    channels = layers.model.shape(tensor)[3]
                    values[tensor] = self._repeated(values[tensor], channels)
                    groups[tensor] = len(stage)
            value = values[inputs[0]]
            match operator.kind:
                case "CONV_2D":
                    made = layers.convolution(value, stage)
                case "DEPTHWISE_CONV_2D":
                    made = layers.depthwise(value, stage)
                case "PRELU":
                    made = layers.prelu(value, stage)
                case "ADD":
                    made = graph.node("Add", value, values[inputs[1]])
                case "MAX_POOL_2D":
                    made = layers.pool(value)
                case "PAD":
                    made = layers.widened(value, stage)
                case _:
                    raise ModelFormatError(f"unexpected operator {operator.kind} in a head")
            values[operator.outputs[0]], groups[operator.outputs[0]] = made, len(stage)
        raw = self._last(values[heads.stages[-1][0].inputs[0]])
        own = graph.node("Gather", placement, graph.constant(np.array(heads.region_of)), axis=0)
        return graph.node("MatMul", raw, own)

    def _repeated(self, value: str, channels: int) -> str:
        """Return the channels of each region once for each of its heads."""
        starts = np.array(self._heads.region_of)[:, None] * channels
        places = self._graph.constant((starts + np.arange(channels)).ravel())
        return self._blocked(self._graph.node("Gather", value, places, axis=1))

    def _last(self, value: str) -> str:
        """Return the places (heads, points, 3) in the patches, each with a 1 behind."""
        rows, biases = [], []
        for operator, count in zip(self._heads.stages[-1], self._heads.counts, strict=True):
            weights, bias = (
                one.astype(np.float32) / _FINENESS for one in self._layers.weights(operator)
            )
            row = np.zeros((max(self._heads.counts), 3, *weights.shape[1:]), dtype=np.float16)
            row[:count, :2] = weights.reshape(count, 2, *weights.shape[1:])
            constant = np.zeros(row.shape[:2], dtype=np.float32)
            constant[:count, :2] = bias.reshape(count, 2) - _PATCH / 2.0
            constant[:, 2] = 1.0
            rows.append(row.reshape(-1, *row.shape[2:]))
            biases.append(constant.ravel())
        places = self._graph.convolution(
            value, np.concatenate(rows), np.concatenate(biases), group=len(rows)
        )
        return self._reshaped(places, len(rows), -1, 3)

    def _sources(self) -> NDArray[np.int64]:
        """Return where the coordinates (478, 3) lie: first the coarse ones, then the refined."""
        heads = self._heads
        sources = np.arange(3 * LANDMARKS).reshape(LANDMARKS, 3)
        irises = 0
        for head, (count, region) in enumerate(zip(heads.counts, heads.region_of, strict=True)):
            if count == _IRIS:
                indices = _MESH + _IRIS * irises + np.arange(_IRIS)
                sources[indices, 2] = self._iris_depth + irises
                irises += 1
            else:
                indices = np.array(heads.regions[region].indices)
            start = self._count + 2 * head * max(heads.counts)
            sources[indices, :2] = start + np.arange(2 * count).reshape(count, 2)
        return sources

    def _blocked(self, value: str) -> str:
        """Return the same values in ONNX Runtime's blocked layout.

        An addition to a value in the plain layout would be made in that layout.
        """
        return self._graph.node("MaxPool", value, kernel_shape=[1, 1])

    def _reshaped(self, value: str, *shape: int) -> str:
        return self._graph.node("Reshape", value, self._graph.constant(np.array(shape)))


def _mean(rows: NDArray[np.float16]) -> NDArray[np.float16]:
    mean = rows.astype(np.float64).mean(axis=0, keepdims=True)
    return np.asarray(mean, dtype=np.float16)
