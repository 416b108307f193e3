# SPDX-License-Identifier: Apache-2.0
"""LivePortrait (arXiv 2407.03168): a still portrait takes on the motion of a person's face."""
