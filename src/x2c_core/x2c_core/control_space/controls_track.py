# SPDX-License-Identifier: Apache-2.0
"""Control values over time, read from a CSV file as `controls_table` writes it."""

from __future__ import annotations

import csv
import io
import os
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Unit
from x2c_core.control_space.controls_table import HEADER
from x2c_core.errors import TableError
from x2c_core.files.entries import shown
from x2c_core.files.input_limits import CSV_BYTES
from x2c_core.files.regular_files import open_regular

_LARGEST_STAMP = 2**32
_ROUNDING = 1e-5
"""Rounding error of float32 that is accepted past a control's range."""


@dataclass(frozen=True)
class ControlsTrack:
    """Control values over time.

    Attributes:
        times: (n,) ascending from 0 [s].
        values: (n, 30) [ratio or rad].
        start: Stamp of the first values [ns]; 0 where there is none.
    """

    times: Array
    values: Array
    start: int = 0

    @property
    def duration(self) -> float:
        """Time of the last values [s]."""
        return float(self.times[-1])

    def at(self, time: float) -> Array:
        """Return the values (30,) at a time [s], on a straight line between two neighbours."""
        return np.array([np.interp(time, self.times, column) for column in self.values.T])

    def last_before(self, time: float) -> Array:
        """Return the values (30,) that hold at a time [s]: the newest so far."""
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        return np.asarray(self.values[max(index, 0)])


def there_and_back(values: ArrayLike) -> ControlsTrack:
    """Return a track from the neutral face to another (30,), which stays a while, and back."""
    neutral, other = controls.NEUTRAL, controls.vector(values)
    return ControlsTrack(
        times=np.array([0.0, 0.3, 0.8, 1.8, 2.3, 2.6]),
        values=np.stack([neutral, neutral, other, other, neutral, neutral]),
    )


def read_controls(path: Path) -> ControlsTrack:
    """Return what a CSV file holds: a column "stamp" [s] and one for each control, in any order.

    Raises:
        TableError: It cannot be read, or something in it cannot be.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            CSV_BYTES.check(size, f"{path} has")
            return _track(path, io.TextIOWrapper(file, "utf-8-sig", newline=""))
    except (OSError, ValueError) as error:
        raise TableError(f"cannot read {path}: {error}") from error


def _track(path: Path, text: io.TextIOWrapper) -> ControlsTrack:
    """Return the values of a table; only numbers are kept of a row, since there can be many."""
    lines = csv.reader(text)
    first, earlier = Decimal(0), None
    times, values = array("d"), array("d")
    try:
        header = [cell.strip() for cell in next(filter(any, lines), [])]
        if not any(header):
            raise TableError(f"{path} is empty")
        _check_header(path, header)
        for cells in filter(None, lines):
            row = _Row(path, lines.line_num, header, cells)
            stamp = row.stamp()
            if earlier is None:
                first = stamp
            elif stamp <= earlier:
                expected = f"expected a time after {earlier}, that of the row before"
                raise row.refusal("stamp", expected)
            earlier = stamp
            times.append(float(stamp - first))
            values.extend(row.values())
    except csv.Error as error:
        raise TableError(f"{path}, row {lines.line_num}: {error}") from error
    if not times:
        raise TableError(f"{path}: there are no rows after the header")
    return ControlsTrack(
        times=np.array(times),
        values=np.array(values).reshape(-1, controls.COUNT),
        start=int(first * 1_000_000_000),
    )


def _check_header(path: Path, header: Sequence[str]) -> None:
    missing = [name for name in HEADER if name not in header]
    unknown = [name for name in header if name not in HEADER]
    twice = sorted(name for name, count in Counter(header).items() if count > 1)
    for what, names in (("missing", missing), ("unknown", unknown), ("twice there", twice)):
        if names:
            listed = shown(names)[1:-1]
            raise TableError(
                f"{path}, row 1: columns {what}: {listed}; expected 'stamp' and the names of the "
                f"{controls.COUNT} controls, as in the controls.csv that 'x2c demo' writes"
            )


class _Row:
    """The cells of a row by their columns, and where it is."""

    def __init__(
        self, path: Path, number: int, header: Sequence[str], cells: Sequence[str]
    ) -> None:
        self._place = f"{path}, row {number}"
        if len(cells) != len(header):
            raise TableError(f"{self._place}: expected {len(header)} cells, got {len(cells)}")
        self._cells = dict(zip(header, cells, strict=True))

    def refusal(self, column: str, expected: str) -> TableError:
        """Return an error that describes a wrong cell."""
        return TableError(
            f"{self._place}, column {column!r}: {expected}, got {shown(self._cells[column])}"
        )

    def stamp(self) -> Decimal:
        """Return the stamp [s]; a float would lose its microseconds."""
        stamp = self._number("stamp")
        # Beyond it, ROS has no time; with an exponent, a few characters are gigabytes of digits.
        if not abs(stamp) <= _LARGEST_STAMP:
            raise self.refusal("stamp", f"expected a time within {_LARGEST_STAMP} s of 0")
        return stamp

    def values(self) -> Iterator[float]:
        """Yield the control values in order, each in its range."""
        for control in controls.CONTROLS:
            value = float(self._number(control.name))
            inside = min(max(value, control.minimum), control.maximum)
            if abs(value - inside) > _ROUNDING:
                unit = " rad" if control.unit is Unit.RADIAN else ""
                ends = f"{control.minimum:.4g} to {control.maximum:.4g}{unit}"
                raise self.refusal(control.name, f"expected a value from {ends}")
            yield inside

    def _number(self, column: str) -> Decimal:
        try:
            number = Decimal(self._cells[column].strip())
        except InvalidOperation:
            raise self.refusal(column, "expected a number") from None
        if not number.is_finite():
            raise self.refusal(column, "expected a finite number")
        return number
