# SPDX-License-Identifier: Apache-2.0
"""Images and videos of recordings that were evaluated."""
