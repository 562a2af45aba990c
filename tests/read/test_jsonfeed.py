from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Enclosure, Failed, FailureKind, IdScheme
from aggregator.read import jsonfeed

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.model import ReadFeed

VERSION = "https://jsonfeed.org/version/1.1"


def document(*items: object, **words: object) -> str:
    return json.dumps({"version": VERSION, "title": "Tide", "items": items} | words)


FULL = {
    "id": "urn:1",
    "url": "/1",
    "title": "High <tide> & wind",
    "content_html": "<p>Wet<script>x</script> <img src='/a.jpg'></p>",
    "summary": "Short words",
    "date_published": "2024-09-05T12:00:00+02:00",
    "date_modified": "2024-09-05T13:00:00Z",
    "authors": [{"name": "Ada"}, {"url": "https://x.example"}, "nobody"],
    "tags": ["sea", 5, "sea"],
    "language": "en",
    "banner_image": "https://a.example/banner.jpg",
    "attachments": [
        {"url": "https://a.example/1.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 1234.0},
        {"url": "javascript:alert(1)", "mime_type": "text/html"},
    ],
}


def test_an_item_is_read_in_full(read: Callable[..., ReadFeed]) -> None:
    found = read(document(FULL, home_page_url="https://tide.example/", language="en-GB"))

    (entry,) = found.entries
    assert (found.title, found.site_url, found.language) == (
        "Tide",
        "https://tide.example/",
        "en-GB",
    )
    assert (entry.key, entry.guid, entry.url) == (
        "urn:1",
        "urn:1",
        "/1"[:0] + "https://feeds.example/1",
    )
    assert entry.title == "High <tide> & wind"
    assert entry.content == '<p>Wet <img src="https://feeds.example/a.jpg"></p>'
    assert entry.summary == "Short words"
    assert entry.published_at == datetime(2024, 9, 5, 10, tzinfo=UTC)
    assert entry.updated_at == datetime(2024, 9, 5, 13, tzinfo=UTC)
    assert entry.authors == ("Ada",)
    assert entry.categories == ("sea",)
    assert entry.language == "en"
    assert entry.image == "https://a.example/banner.jpg"
    assert entry.enclosures == (
        Enclosure(url="https://a.example/1.mp3", type="audio/mpeg", length_bytes=1234),
    )


def test_version_1_0_has_one_author_and_may_have_numbers_as_ids(
    read: Callable[..., ReadFeed],
) -> None:
    item = {"id": 4711, "external_url": "https://a.example/", "author": {"name": "Ada"}}

    (entry,) = read(document(item | {"content_text": "a < b\nc"})).entries

    assert entry.guid == "4711"
    assert entry.url == "https://a.example/"
    assert entry.authors == ("Ada",)
    assert entry.content == "a &lt; b<br>\nc"


def test_known_items_are_passed_over(read: Callable[..., ReadFeed]) -> None:
    first = read(document({"id": "a", "title": "a"}, {"id": "b", "title": "b"}))

    again = read(document({"id": "c", "title": "c"}, {"id": "a", "title": "a"}), known=first.known)

    assert [entry.guid for entry in again.entries] == ["c"]
    assert again.item_count == 2
    assert len(again.known) == 2
    assert again.entries[0].slice_hash in again.known


@pytest.mark.parametrize("second", [{"id": "a", "title": "b"}, {"title": "b"}])
def test_without_ids_of_their_own_all_items_are_read(
    read: Callable[..., ReadFeed], second: dict[str, str]
) -> None:
    found = read(document({"id": "a", "title": "a"}, second))

    assert len(found.entries) == 2
    assert found.known == frozenset()
    assert {entry.slice_hash for entry in found.entries} == {b""}


def test_with_ids_that_change_nothing_is_passed_over(read: Callable[..., ReadFeed]) -> None:
    body = document({"id": "a", "url": "https://a.example/1"})
    known = read(body).known

    found = read(body, known=known, id_scheme=IdScheme.LINK)

    assert len(found.entries) == 1
    assert found.known == frozenset()


BROKEN = {
    "truncated": (document(FULL)[:-20], "truncated"),
    "deep": ("[" * 100_000, "deep"),
    "digits without end": ('{"a":' + "1" * 5_000 + "}", "broken"),
}


@pytest.mark.parametrize(("body", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_json_is_unparsable(fail: Callable[..., Failed], body: str, words: str) -> None:
    failed = fail(body)

    assert failed.kind is FailureKind.UNPARSABLE
    assert words in failed.message


def test_a_document_over_the_limit_is_not_decoded() -> None:
    failed = jsonfeed.read_json(b" " * (jsonfeed.MAX_JSON_BYTES + 1), known=frozenset())

    assert isinstance(failed, Failed)
    assert "20 MB" in failed.message


@pytest.mark.parametrize("version", ["https://elsewhere.example/1", 1, None])
def test_only_a_json_feed_is_read(fail: Callable[..., Failed], version: object) -> None:
    failed = fail(document(FULL, version=version))

    assert failed.kind is FailureKind.NOT_A_FEED
    assert "items, title, version" in failed.message


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    st.lists(
        JSON_VALUES | st.dictionaries(st.sampled_from(sorted({*FULL, "author"})), JSON_VALUES),
        max_size=3,
    )
    | JSON_VALUES
)
def test_values_of_any_type_are_survived(items: Any) -> None:  # noqa: ANN401 any JSON is the point
    body = json.dumps({"version": VERSION, "items": items, "title": items}).encode()

    found = jsonfeed.read_json(body, known=frozenset())

    assert not isinstance(found, Failed)
    assert found.item_count >= len(found.entries)
