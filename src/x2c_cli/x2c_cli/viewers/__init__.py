# SPDX-License-Identifier: Apache-2.0
"""Running nodes in viewers of others."""
