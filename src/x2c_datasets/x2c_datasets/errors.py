# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_datasets."""

from x2c_core.errors import X2CError


class DatasetsError(X2CError):
    """Base of every error that x2c_datasets raises on purpose."""


class DataSetError(DatasetsError):
    """A data set is not there, or nothing of it can be used."""


class CollectError(DatasetsError):
    """A data set cannot be collected as asked, or not to its end."""


class FitError(DatasetsError):
    """An expression model cannot be fitted to what there is."""


class ExportError(DatasetsError):
    """Bags cannot be exported as a data set."""
