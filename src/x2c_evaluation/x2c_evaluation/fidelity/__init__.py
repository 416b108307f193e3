# SPDX-License-Identifier: Apache-2.0
"""How well a robot's face does what a person's does, by the tracker that watches both."""
