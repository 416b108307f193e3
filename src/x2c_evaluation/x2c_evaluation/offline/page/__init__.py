# SPDX-License-Identifier: Apache-2.0
"""Reports as pages that need no network: one file, read in any browser, light or dark."""
