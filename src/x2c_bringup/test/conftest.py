# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of the graph and of the live page."""

import pytest


@pytest.fixture
def served():
    """Serve a live page without nodes."""
    from x2c_bringup.page.access import Access
    from x2c_testing.served_page import Served

    made = Served(Access())
    yield made
    made.close()
