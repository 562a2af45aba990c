"""Lets the assertions of the shared modules here tell what they compared."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "tests.end_to_end.harm", "tests.end_to_end.published", "tests.end_to_end.soundness"
)
