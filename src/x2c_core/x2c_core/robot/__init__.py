# SPDX-License-Identifier: Apache-2.0
"""Robot folders: joints, limits and the mapping of controls to joints."""
