# SPDX-License-Identifier: Apache-2.0
"""Models, losses and the training loop."""
