# SPDX-License-Identifier: Apache-2.0
"""Image decoding, video writing and the colours of figures."""
