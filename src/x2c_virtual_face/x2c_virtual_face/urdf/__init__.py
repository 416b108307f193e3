# SPDX-License-Identifier: Apache-2.0
"""The virtual face as a URDF with rigid pieces, for RViz and other tools that know no skin."""
