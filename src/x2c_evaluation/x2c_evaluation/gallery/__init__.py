# SPDX-License-Identifier: Apache-2.0
"""A gallery of robots: how each looks, what it can show, and what moves it."""
