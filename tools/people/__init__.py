# SPDX-License-Identifier: Apache-2.0
"""Statistics of people's faces at rest and of expressions, for the neutral face."""
