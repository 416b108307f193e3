# SPDX-License-Identifier: Apache-2.0
"""Limits on the size of input, checked before memory is taken for it.

A header of a few bytes can promise any amount of data. Each limit is above legitimate input, and
an environment variable changes it; variables reach all nodes of a launch. docs/limits.md lists
them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from x2c_core.errors import CoreError

MIB = 2**20
GIB = 2**30


class LimitError(CoreError, ValueError):
    """A size is above its limit, or a limit is no number."""


@dataclass(frozen=True)
class Limit:
    """Largest size of one kind of input.

    Attributes:
        variable: Environment variable that changes the limit.
        default: Limit without the variable.
        unit: Unit of the limit.
        covers: Input that the limit applies to.
    """

    variable: str
    default: int
    unit: str
    covers: str

    @property
    def value(self) -> int:
        """Limit in effect.

        Raises:
            LimitError: The environment variable is no positive whole number.
        """
        text = os.environ.get(self.variable)
        if not text:
            return self.default
        # Digits alone: int() would also take signs, blanks and underscores.
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text)):
            raise LimitError(
                f"{self.variable} is {text[:40]!r}; expected a whole number of {self.unit} above 0"
            )
        return int(text)

    def check(self, size: int, subject: str) -> None:
        """Refuse a size above the limit.

        Args:
            size: Size to check, in the limit's unit.
            subject: Start of the error's sentence, such as "the image has".

        Raises:
            LimitError: The size is above the limit.
        """
        if size > (limit := self.value):
            raise LimitError(
                f"{subject} {size} {self.unit}; the limit is {limit}: if that size is right, "
                f"set {self.variable} to a larger number"
            )


IMAGE_PIXELS = Limit(
    "X2C_MAX_IMAGE_PIXELS",
    256 * MIB,
    "pixels",
    "One image: a message, a file, a frame of a video",
)
RECORD_BYTES = Limit(
    "X2C_MAX_RECORD_BYTES",
    512 * MIB,
    "bytes",
    "One chunk or one message of a bag, unpacked; one image file as it is on the disk",
)
BAG_BYTES = Limit(
    "X2C_MAX_BAG_BYTES",
    256 * GIB,
    "bytes",
    "One packed bag file, unpacked to the disk",
)
TABLE_BYTES = Limit(
    "X2C_MAX_TABLE_BYTES",
    4 * GIB,
    "bytes",
    "The columns that are read of one Parquet table, unpacked",
)
NETWORK_BYTES = Limit(
    "X2C_MAX_NETWORK_BYTES",
    4 * GIB,
    "bytes",
    "One network or checkpoint of a training, unpacked",
)
ARRAY_BYTES = Limit(
    "X2C_MAX_ARRAY_BYTES",
    64 * MIB,
    "bytes",
    "One .npz file of a robot or a person",
)
CSV_BYTES = Limit(
    "X2C_MAX_CSV_BYTES",
    GIB,
    "bytes",
    "One CSV table of control values",
)
TEXT_BYTES = Limit(
    "X2C_MAX_TEXT_BYTES",
    128 * MIB,
    "bytes",
    "One JSON or pickle file",
)
YAML_BYTES = Limit(
    "X2C_MAX_YAML_BYTES",
    4 * MIB,
    "bytes",
    "One YAML file, or one message definition in a bag",
)
YAML_VALUES = Limit(
    "X2C_MAX_YAML_VALUES",
    1_000_000,
    "values",
    "One YAML file with its aliases written out",
)
PICKLE_OBJECTS = Limit(
    "X2C_MAX_PICKLE_OBJECTS",
    20_000_000,
    "objects",
    "The lists, tuples, arrays and references in one pickle of a data set",
)
DEFINITION_FIELDS = Limit(
    "X2C_MAX_DEFINITION_FIELDS",
    4096,
    "fields",
    "One message definition in a bag, with each element of a fixed array of messages or texts "
    "counted",
)
FRAME_ID_LENGTH = Limit(
    "X2C_MAX_FRAME_ID_LENGTH",
    1024,
    "characters",
    "The frame_id of a message",
)

LIMITS = (
    IMAGE_PIXELS,
    RECORD_BYTES,
    BAG_BYTES,
    TABLE_BYTES,
    NETWORK_BYTES,
    ARRAY_BYTES,
    CSV_BYTES,
    TEXT_BYTES,
    YAML_BYTES,
    YAML_VALUES,
    PICKLE_OBJECTS,
    DEFINITION_FIELDS,
    FRAME_ID_LENGTH,
)
