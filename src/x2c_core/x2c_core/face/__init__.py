# SPDX-License-Identifier: Apache-2.0
"""Face geometry: landmark topology, head pose, descriptors and expression models."""
