# SPDX-License-Identifier: Apache-2.0
"""Fidelity of a robot's face to a person's, by one tracker that watches both."""
