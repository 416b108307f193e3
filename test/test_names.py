# SPDX-License-Identifier: Apache-2.0
"""Names of public classes."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_public_class_names_are_unique():
    places = defaultdict(list)
    for path in sorted(ROOT.glob("src/*/x2c_*/**/*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert len(places) > 400
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
