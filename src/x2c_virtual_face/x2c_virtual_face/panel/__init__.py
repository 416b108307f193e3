# SPDX-License-Identifier: Apache-2.0
"""The face with sliders for its controls and expressions, as a page in the web browser."""
