"""Lets the assertions of the judge of harm tell what they compared."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.end_to_end.harm")
