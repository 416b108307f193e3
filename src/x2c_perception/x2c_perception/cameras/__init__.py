# SPDX-License-Identifier: Apache-2.0
"""Camera sources of this package, and the choice among those of all packages."""

from x2c_perception.cameras.choice import choose_source

__all__ = ["choose_source"]
