# SPDX-License-Identifier: Apache-2.0
"""Arguments and actions of the launch files."""
