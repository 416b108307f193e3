# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_sources."""

from x2c_core.errors import X2CError


class SourcesError(X2CError):
    """Base of every error that x2c_sources raises on purpose."""


class PacketError(SourcesError):
    """A packet of a puppeteer is not of the format expected."""


class ShapeTableError(SourcesError):
    """A table from blendshapes to controls cannot be used."""


class ReceiverError(SourcesError):
    """Packets cannot be received at an address, or sent to one."""


class SpeechError(SourcesError):
    """A text cannot be spoken, or sound cannot be read."""
