# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_imitation."""

from x2c_core.errors import X2CError


class ImitationError(X2CError):
    """Base of every error that x2c_imitation raises on purpose."""


class NetworkError(ImitationError):
    """A mapping network, its weights or its configuration cannot be used."""


class TransferError(ImitationError):
    """Motion cannot be transferred to a robot's image."""


class MixerError(ImitationError):
    """A source that is to share the face cannot be declared or taken."""
