# SPDX-License-Identifier: Apache-2.0
"""Long runs with disturbances, and what the processes use meanwhile."""
