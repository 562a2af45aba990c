"""Lets the judge of harm tell what it compared, and checks every feed that these tests publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.digest import validators

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.register_assert_rewrite("tests.end_to_end.harm")

CHECKS = {".atom": validators.atom, ".rss": validators.rss, ".json": validators.json_feed}


@pytest.fixture(scope="session", autouse=True)
def _every_published_feed_is_valid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Check, when all tests are done, whatever they have left in public folders."""
    yield
    for public in tmp_path_factory.getbasetemp().rglob("public"):
        if not (public.parent / "newsfold.toml").is_file():
            continue  # no house of ours: a test of how any file is served
        faults = {str(path): found for path, found in _faults(public) if found}
        assert not faults


def _faults(public: Path) -> Iterator[tuple[Path, list[str]]]:
    for path in public.rglob("*"):
        if path.suffix in CHECKS and path.is_file() and not path.is_symlink():
            yield path, CHECKS[path.suffix](path.read_bytes())
