# SPDX-License-Identifier: Apache-2.0
"""Recording of a run as video, table, bag and report."""
