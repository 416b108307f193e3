# SPDX-License-Identifier: Apache-2.0
"""Files read within limits and written whole."""
