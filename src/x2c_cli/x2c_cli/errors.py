# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_cli."""

from x2c_core.errors import X2CError


class BusError(X2CError):
    """A node, topic or service is not on the bus, or does not answer."""


class RevisionError(X2CError):
    """A revision of this project cannot be checked out, installed or measured."""


class FaultError(X2CError):
    """The pipeline did not do what was expected of it when something went wrong."""


class MissingInputError(X2CError):
    """An input of a command is not there."""


class ViewerError(X2CError):
    """A viewer of others cannot be served."""
