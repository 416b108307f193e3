# SPDX-License-Identifier: Apache-2.0
"""Documentation of the virtual face with images of every control."""
