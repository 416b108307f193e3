# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_node."""

from x2c_core.errors import X2CError


class NodeError(X2CError):
    """Base of every error that x2c_node raises on purpose."""


class ThreadError(NodeError):
    """A thread of the process has died or hangs."""


class ParameterError(NodeError):
    """A parameter has a value that the node cannot work with."""


class ImageError(NodeError):
    """An image message cannot be converted to an array, or an array to a message."""


class MessageError(NodeError):
    """A message of the project's own holds something that cannot be."""


class ParameterFileError(NodeError):
    """A parameter file cannot be read, or says what cannot be."""
