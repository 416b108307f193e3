# SPDX-License-Identifier: Apache-2.0
"""Control space, landmark topology, head pose and robot folders, in pure numpy."""
