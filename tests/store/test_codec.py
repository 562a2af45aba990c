from __future__ import annotations

import json
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Correction, Enclosure, Mention, Point, Publication, Relation
from aggregator.store import codec
from tests.store.houses import a_publication

MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001 (hypothesis adds the zone)
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001 (hypothesis adds the zone)
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)
TEXTS = st.text(max_size=20)
MENTIONS = st.builds(Mention, outlet=TEXTS, title=TEXTS, url=TEXTS, feed_url=TEXTS, site_url=TEXTS)
ENCLOSURES = st.builds(Enclosure, url=TEXTS, type=TEXTS, length_bytes=st.integers(min_value=0))


def tuples(of: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=2).map(tuple)


def a_publication_of(
    stories: st.SearchStrategy[tuple[object, ...]],
) -> st.SearchStrategy[Publication]:
    return st.builds(
        Publication,
        digest=TEXTS,
        id=TEXTS,
        title=TEXTS,
        html=TEXTS,
        source=MENTIONS,
        mentions=tuples(MENTIONS),
        published_at=MOMENTS,
        updated_at=MOMENTS,
        authors=tuples(TEXTS),
        categories=tuples(TEXTS),
        enclosures=tuples(ENCLOSURES),
        rank=st.floats(allow_nan=False),
        stories=stories,
        lead_hash=st.binary(max_size=16),
    )


PUBLICATIONS = a_publication_of(tuples(a_publication_of(st.just(()))))


@given(PUBLICATIONS)
def test_a_publication_comes_back_as_it_went(publication: Publication) -> None:
    assert codec.publication_from_json(codec.publication_to_json(publication)) == publication


@given(st.lists(PUBLICATIONS, max_size=3).map(tuple))
def test_an_archive_comes_back_as_it_went(publications: tuple[Publication, ...]) -> None:
    text = codec.publications_to_json(map(codec.publication_to_json, publications))

    assert text.isascii()
    assert codec.publications_from_json(text) == tuple(map(without_hashes, publications))


def without_hashes(publication: Publication) -> Publication:
    stories = tuple(map(without_hashes, publication.stories))
    return replace(publication, lead_hash=b"", stories=stories)


def test_every_field_is_kept() -> None:
    """The fields are written out by hand: none that the model gains may be forgotten."""
    mention = Mention(
        outlet="o", title="t", url="u", feed_url="f", site_url="s", relation=Relation.COPY
    )
    publication = a_publication(
        "d",
        1,
        "s",
        source=mention,
        mentions=(mention,),
        authors=("a",),
        categories=("c",),
        language="en",
        image="i",
        enclosures=(Enclosure(url="e", type="t", length_bytes=1),),
        rank=1.5,
        points=(Point(text="p", outlet="o", url="u", others=2),),
        correction=Correction(
            at=datetime(2026, 11, 25, tzinfo=UTC), former_title="f", added=("a",), removed=1
        ),
        continues=mention,
        lead_span=(1, 2),
        lead_hash=b"h",
        lead_id=1,
    )
    publication = replace(publication, stories=(publication,))
    plain = json.loads(codec.publication_to_json(publication))

    assert set(plain) == {field.name for field in fields(Publication)}
    assert set(plain["source"]) == {field.name for field in fields(Mention)}
    assert set(plain["points"][0]) == {field.name for field in fields(Point)}
    assert set(plain["correction"]) == {field.name for field in fields(Correction)}
    assert set(plain["enclosures"][0]) == {field.name for field in fields(Enclosure)}
    assert codec.publication_from_json(json.dumps(plain)) == publication


def test_what_is_at_its_default_is_left_out() -> None:
    plain = json.loads(codec.publication_to_json(a_publication("d", 1, "s")))

    required = {field.name for field in fields(Publication) if field.default is MISSING}
    assert set(plain) == required


def test_what_a_newer_version_added_is_ignored() -> None:
    publication = a_publication("d", 1, "s")
    plain = json.loads(codec.publication_to_json(publication))
    plain |= {"mood": "bright"}
    plain["source"] |= {"mood": "bright", "relation": "rebuttal"}

    assert codec.publication_from_json(json.dumps(plain)) == publication


def test_what_an_older_version_lacks_is_given_its_default() -> None:
    publication = codec.publication_from_json('{"title": "Only a title", "enclosures": [{}]}')

    empty = Mention(outlet="", title="", url="", feed_url="", relation=Relation.COVERAGE)
    assert publication == replace(
        a_publication("", 0, ""),
        id="",
        title="Only a title",
        url="",
        html="",
        summary="",
        source=empty,
        published_at=codec.EPOCH,
        updated_at=codec.EPOCH,
        enclosures=(Enclosure(url=""),),
    )


@given(MOMENTS, MOMENTS)
def test_moments_sort_as_their_texts(one: datetime, other: datetime) -> None:
    texts = codec.moment_to_text(one), codec.moment_to_text(other)

    assert codec.moment_from_text(texts[0]) == one
    assert (one < other) == (texts[0] < texts[1])
    assert {len(text) for text in texts} == {27}


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        codec.moment_to_text(datetime(2026, 1, 1))  # noqa: DTZ001 (that is the point)


@given(st.integers(1, 32).flatmap(lambda n: st.frozensets(st.binary(min_size=n, max_size=n))))
def test_hashes_come_back_as_they_went(hashes: frozenset[bytes]) -> None:
    assert codec.hashes_from_blob(codec.hashes_to_blob(hashes)) == hashes


@pytest.mark.parametrize(
    "hashes",
    [{b"12", b"123"}, {b""}, {b"x" * 256}],
    ids=["two widths", "no width", "too wide"],
)
def test_hashes_that_would_not_come_back_are_refused(hashes: set[bytes]) -> None:
    with pytest.raises(ValueError, match="one width"):
        codec.hashes_to_blob(hashes)


@given(tuples(TEXTS), tuples(ENCLOSURES))
def test_lists_of_an_entry_come_back_as_they_went(
    texts: tuple[str, ...], enclosures: tuple[Enclosure, ...]
) -> None:
    assert codec.texts_from_json(codec.texts_to_json(texts)) == texts
    assert codec.enclosures_from_json(codec.enclosures_to_json(enclosures)) == enclosures
