# SPDX-License-Identifier: Apache-2.0
"""Lifecycle, parameters, diagnostics, QoS and image conversion shared by the nodes."""
