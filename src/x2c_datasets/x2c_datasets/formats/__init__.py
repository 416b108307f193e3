# SPDX-License-Identifier: Apache-2.0
"""Sets of (image, 30 control values) pairs: X2C-Sim, and X2C as upstream publishes it.

`read_data_set(folder)` returns a `DataSet`: a sequence of `Pair`, each with `read_image()`,
`values`, `animation`, `split`, `source` and `row`; `data.split("train")` is one again, and
`data.report()` lists assumptions and skipped rows.
"""

from x2c_datasets.formats.data_set import DataSet, Pair, Skipped
from x2c_datasets.formats.reading import read_data_set

__all__ = ["DataSet", "Pair", "Skipped", "read_data_set"]
