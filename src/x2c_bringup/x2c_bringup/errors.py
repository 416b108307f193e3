# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_bringup."""

from x2c_core.errors import X2CError


class BringupError(X2CError):
    """Base of every error that x2c_bringup raises on purpose."""


class GraphError(BringupError):
    """The options of a graph contradict each other or hold a value that cannot be."""


class ConfigureError(BringupError):
    """A node refused to start; the text gives its reason."""


class NodeEndedError(BringupError):
    """A node has ended though nothing asked it to."""


class NoImageError(BringupError):
    """The camera gives no image; the text says why."""


class SettingsFileError(BringupError):
    """A file of settings is not there, or cannot be used."""


class PageError(BringupError):
    """The live page cannot be served, or is asked for what it has not."""


class ImitationUseError(BringupError):
    """The Python API is used with an image or a stamp that cannot be."""
