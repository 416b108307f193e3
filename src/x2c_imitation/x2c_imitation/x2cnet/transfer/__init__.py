# SPDX-License-Identifier: Apache-2.0
"""Motion transfer: an image of the neutral robot takes on the expression of a person."""
