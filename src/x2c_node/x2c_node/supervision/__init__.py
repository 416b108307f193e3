# SPDX-License-Identifier: Apache-2.0
"""Watch over threads and callbacks."""
