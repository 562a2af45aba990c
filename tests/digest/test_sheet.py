from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.digest import sheet
from aggregator.digest.sheet import Sheet
from aggregator.model import Digest, Format
from tests.digest.makers import LIVE, publications


def a_sheet(*, digest: Digest = LIVE, archive: int = 0, older: int = 0) -> Sheet:
    return Sheet(
        digest=digest,
        public_url="https://news.example.org/feeds",
        publications=(),
        archive=archive,
        older=older,
    )


@pytest.mark.parametrize(
    ("public_url", "host"),
    [
        ("https://News.example.org:8443/x", "news.example.org"),
        ("http://127.0.0.1:8080", "127.0.0.1"),
        ("http://[::1]:8080", "--1"),
        ("", "localhost"),
    ],
)
def test_the_authority_is_the_host(public_url: str, host: str) -> None:
    assert sheet.authority(public_url) == host


def test_the_feeds_id_is_one_for_all_its_documents() -> None:
    current, archived = a_sheet(), a_sheet(archive=3, older=2)

    assert current.feed_id == archived.feed_id == "tag:news.example.org,2026:digest:world"


def test_documents_lie_where_the_digest_is_named() -> None:
    archived = a_sheet(archive=3, older=2)

    assert a_sheet().address(Format.ATOM) == "https://news.example.org/feeds/world.atom"
    assert archived.address(Format.RSS).endswith("/feeds/world/archive-0003.rss")
    assert archived.current_address(Format.RSS).endswith("/feeds/world.rss")
    assert archived.older_address(Format.RSS).endswith("/feeds/world/archive-0002.rss")
    assert a_sheet().older_address(Format.RSS) == ""


def test_a_digest_without_pages_leads_home_to_the_index() -> None:
    alone = a_sheet(digest=replace(LIVE, formats=(Format.ATOM,)))

    assert alone.home_address() == "https://news.example.org/feeds/"
    assert a_sheet().home_address() == "https://news.example.org/feeds/world.html"


@pytest.mark.parametrize(
    ("spoken", "shared"), [(("en", "en"), "en"), (("en", "de"), ""), (("en", ""), "")]
)
def test_a_language_is_the_feeds_when_all_share_it(spoken: tuple[str, str], shared: str) -> None:
    told = [replace(made, language=tag) for made, tag in zip(publications(2), spoken, strict=True)]

    assert replace(a_sheet(), publications=tuple(told)).language() == shared
