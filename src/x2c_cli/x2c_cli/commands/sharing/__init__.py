# SPDX-License-Identifier: Apache-2.0
"""Commands that share the face of a running robot."""
