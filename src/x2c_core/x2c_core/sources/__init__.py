# SPDX-License-Identifier: Apache-2.0
"""Interfaces of camera sources and expression sources, and the choice among those installed."""
