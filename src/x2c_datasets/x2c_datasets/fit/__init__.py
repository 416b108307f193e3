# SPDX-License-Identifier: Apache-2.0
"""Expression models fitted to data sets."""
