# SPDX-License-Identifier: Apache-2.0
"""Tables of fidelity can be read on a terminal of 80 columns."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from x2c_core.face.descriptors import Descriptor
from x2c_evaluation.fidelity.absolute_error import AbsoluteError
from x2c_evaluation.fidelity.clip import ClipPerformance
from x2c_evaluation.fidelity.measure import Clip, Link, MeasuredDescriptor
from x2c_evaluation.fidelity.measures.agreement import Agreement
from x2c_evaluation.fidelity.measures.baselines import BesideBaselines
from x2c_evaluation.fidelity.report.summary import FidelitySummary
from x2c_evaluation.fidelity.report.tables import short, show


def clip() -> Clip:
    curves = np.zeros((300, 17))
    image = np.zeros((2, 2, 3), np.uint8)
    performance = ClipPerformance(
        *(1.0 / 30.0, curves, curves, curves, curves, curves, curves, curves[0]),
        *(np.ones(300, dtype=bool), 300, 300, 300, image),
    )
    worst = Agreement(-0.987, -0.2, 1.234, 300)
    links = dict.fromkeys(Link, -0.987) | {Link.MECHANICS: -0.999}
    measured = dict.fromkeys(Descriptor, MeasuredDescriptor(worst, links))
    sides = {"brow_outer_height": worst, "eye_openness": worst}
    error = BesideBaselines(12.345, 12.345, 12.345)
    absolute = AbsoluteError(
        dict.fromkeys(Descriptor, error), np.full(12, -12.345), np.arange(12.0)
    )
    return Clip("clip", performance, measured, {}, sides, absolute=absolute)


@pytest.fixture
def lines() -> list[str]:
    text = io.StringIO()
    summary = FidelitySummary(
        *("my_face", "solver", "before", (clip(),), {}, clip()), controls_moved=12
    )
    show(summary, Console(file=text, width=80))
    return text.getvalue().splitlines()


def test_nothing_is_cut_on_80_columns(lines):
    assert max(map(len, lines)) <= 80
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)


def test_each_descriptor_has_one_whole_line_in_each_table(lines):
    for descriptor in Descriptor:
        rows = [line.split() for line in lines if line.strip().startswith(short(descriptor))]
        rows = [row for row in rows if "-" not in row and "-200" in row]
        assert len(rows) == 3
        for row in rows:
            figures = row[len(short(descriptor).split()) :]
            assert figures[:3] == ["-0.99", "-200", "1.23"]
            assert figures[3:9] == ["-0.99", "-0.99", "-0.99", "-1.00", "-0.99", "mechanics"]


def test_one_number_says_how_well_the_robot_imitates(lines):
    text = " ".join(" ".join(lines).split())
    assert "imitation score of my_face: 0 %" in text
    assert "12 of 30 controls" in text


def test_short_names_are_distinct():
    assert len({short(descriptor) for descriptor in Descriptor}) == len(Descriptor)
    assert short(Descriptor.BROW_INNER_HEIGHT_LEFT) == "brow inner L"
