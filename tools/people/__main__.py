# SPDX-License-Identifier: Apache-2.0
"""Gather the statistics of people's faces from photographs; no photograph is kept.

Runs in the project's environment, from `tools/`. Where the photographs come from is in the README
of the package's data.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from people.measuring import REGIONS, measured_faces, mirrored, random_expressions
from x2c_core.arrays import Array
from x2c_core.face import topology
from x2c_core.face.descriptors import MATRIX, Relation
from x2c_core.face.expression_model import load_expression_model
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import find_robot
from x2c_perception.neutral.people_prior import FEATURES

OUT = Path(__file__).parents[2] / "src/x2c_perception/x2c_perception/data/people.npz"
_EXPRESSIONS = 3000
_RELATIONS = MATRIX[: Relation.IRIS_SIDEWAYS_LEFT]


def statistics(at_rest: Array, smiles: Array, model: object) -> dict[str, Array]:
    """Return the arrays of `people.npz`.

    Args:
        at_rest: (n, 478, 3) faces at rest in the head frame.
        smiles: (k, 478, 3) displacements of smiles.
        model: Expression model of a robot, whose controls stand for people's other expressions.
    """
    rng = np.random.default_rng(0)
    faces = np.concatenate([at_rest, mirrored(at_rest)])
    mean = faces.mean(axis=0)
    expressions = {
        name: random_expressions(model, groups, _EXPRESSIONS, rng)
        for name, groups in REGIONS.items()
    }
    expressions["smile"] = smiles
    features = _features(faces - mean, expressions)
    at_rest_flat = (faces - mean).reshape(len(faces), -1)
    measured = at_rest_flat @ features.T
    people = measured.T @ measured / len(faces)
    steady = people + 1e-6 * np.diag(np.diag(people))
    lift = (at_rest_flat.T @ measured / len(faces)) @ np.linalg.inv(steady)
    return {
        "mean": mean,
        "features": features,
        "lift": lift,
        "people": people,
        **{name: _second_moment(one, features) for name, one in expressions.items()},
    }


def _features(people: Array, expressions: dict[str, Array]) -> Array:
    """Return features (28, 1434): the relations, and the largest variations beside them."""
    skin = np.ones((topology.COUNT, 3))
    skin[:, 0] = 0.3  # The tracker guesses depth.
    skin[topology.SKIN_COUNT :] = 0.0
    weights = skin.ravel()
    moves = [one[:600].reshape(len(one[:600]), -1) for one in expressions.values()]
    every = np.concatenate([*moves, np.repeat(people.reshape(len(people), -1), 4, axis=0)])
    # What is left once the relations are known.
    known = every @ _RELATIONS.T
    every = every - known @ np.linalg.lstsq(known, every, rcond=None)[0]
    _, _, directions = np.linalg.svd(every * weights, full_matrices=False)
    rest = directions[: FEATURES - len(_RELATIONS)] * weights
    length = np.sqrt((_RELATIONS**2).sum(axis=1).mean())
    rest *= length / np.linalg.norm(rest, axis=1, keepdims=True)
    return np.concatenate([_RELATIONS, rest])


def _second_moment(moves: Array, features: Array) -> Array:
    both = np.concatenate([moves, mirrored(moves)])
    measured = both.reshape(len(both), -1) @ features.T
    return np.asarray(measured.T @ measured / len(both))


def main(arguments: Sequence[str] | None = None) -> int:
    """Gather the statistics of the folders that are named."""
    parser = argparse.ArgumentParser(prog="python -m people", description=__doc__)
    parser.add_argument("--neutral", type=Path, nargs="+", required=True, metavar="FOLDER")
    parser.add_argument("--smiling", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(arguments)
    model = load_expression_model(load_robot(find_robot("virtual")).expression_model)
    groups = [measured_faces(folder) for folder in args.neutral]
    smiling = measured_faces(args.smiling)
    smiles = [face - groups[0][name] for name, face in smiling.items() if name in groups[0]]
    at_rest = np.array([face for group in groups for face in group.values()])
    print(f"{len(at_rest)} faces at rest, {len(smiles)} smiles")
    arrays = statistics(at_rest, np.array(smiles), model)
    with args.out.open("wb") as file:
        np.savez_compressed(file, **{name: one.astype(np.float32) for name, one in arrays.items()})
    print(f"{args.out}: {args.out.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
