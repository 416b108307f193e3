# SPDX-License-Identifier: Apache-2.0
"""Work in several processes, and versions of installed software."""
