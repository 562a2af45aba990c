"""What the tests of the read room share: a short way to read, and the captured feeds."""

from __future__ import annotations

import importlib.util
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from aggregator.model import Failed, IdScheme, ReadFeed
from aggregator.read import feed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Reader(Protocol):
    """Reads a body as the pipeline would; text is taken as UTF-8."""

    def __call__(  # noqa: D102 the class says it
        self,
        body: bytes | str,
        *,
        known: frozenset[bytes] = frozenset(),
        id_scheme: IdScheme = IdScheme.GUID,
        content_type: str = "",
        base_url: str = "https://feeds.example/news/rss.xml",
    ) -> ReadFeed | Failed: ...


@pytest.fixture(scope="session")
def attempt() -> Reader:
    """Return a reader that may fail."""

    def attempt(
        body: bytes | str,
        *,
        known: frozenset[bytes] = frozenset(),
        id_scheme: IdScheme = IdScheme.GUID,
        content_type: str = "",
        base_url: str = "https://feeds.example/news/rss.xml",
    ) -> ReadFeed | Failed:
        return feed.read(
            body.encode() if isinstance(body, str) else body,
            base_url=base_url,
            content_type=content_type,
            known=known,
            id_scheme=id_scheme,
            now=NOW,
        )

    return attempt


@pytest.fixture(scope="session")
def read(attempt: Reader) -> Callable[..., ReadFeed]:
    """Return a reader whose body must be a feed."""

    def read(body: bytes | str, **options: object) -> ReadFeed:
        found = attempt(body, **options)  # type: ignore[arg-type]
        assert isinstance(found, ReadFeed), found
        return found

    return read


@pytest.fixture(scope="session")
def fail(attempt: Reader) -> Callable[..., Failed]:
    """Return a reader whose body must be refused."""

    def fail(body: bytes | str, **options: object) -> Failed:
        found = attempt(body, **options)  # type: ignore[arg-type]
        assert isinstance(found, Failed), found
        return found

    return fail


@pytest.fixture(scope="session")
def rss() -> Callable[..., str]:
    """Return a maker of RSS documents from the text of their items."""

    def rss(items: str, *, channel: str = "", root: str = "") -> str:
        return (
            f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"{root}><channel>'
            f"<title>Harbour News</title><link>https://harbour.example/</link>{channel}{items}"
            "</channel></rss>"
        )

    return rss


@pytest.fixture(scope="session")
def item() -> Callable[..., str]:
    """Return a maker of RSS items."""

    def item(name: str, extra: str = "") -> str:
        return (
            f"<item><guid isPermaLink='false'>urn:{name}</guid><title>Title {name}</title>"
            f"<link>https://harbour.example/{name}</link>"
            f"<description>Text of {name}</description>{extra}</item>\n"
        )

    return item


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return every captured feed, unpacked; skips where the collection is not at hand."""
    archive = SHARED / "corpus" / "feeds.tar.xz"
    if not archive.exists():
        pytest.skip(f"no captured feeds at {archive}")
    target = tmp_path_factory.mktemp("corpus")
    with tarfile.open(archive) as packed:
        packed.extractall(target, filter="data")
    return sorted(path for path in target.rglob("*") if path.is_file())


def _hostile(name: str) -> ModuleType:
    path = SHARED / "hostile" / f"{name}.py"
    if not path.exists():
        pytest.skip(f"no hostile documents at {path}")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def hostile_feeds() -> ModuleType:
    """Return the generators of hostile documents."""
    return _hostile("hostile_feeds")


@pytest.fixture(scope="session")
def xss_vectors() -> ModuleType:
    """Return the attacks on HTML and `live`, which tells what a browser would still run."""
    return _hostile("xss_vectors")
