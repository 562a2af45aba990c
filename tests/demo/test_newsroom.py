"""The newsroom's documents are what real feed readers take them for."""

from __future__ import annotations

import io
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

import feedparser
import pytest

from aggregator.demo.newsroom import Newsroom
from aggregator.demo.outlets import OUTLETS, SERIES
from aggregator.demo.rounds import LAST_ROUND
from aggregator.demo.schedule import CARRIED_SUFFIXES
from aggregator.demo.values import GOOD_KINDS, Answer, Kind, Outlet

NOW = datetime(2026, 11, 25, 12, 0, 30, 123456, tzinfo=UTC)
NEWSROOM = Newsroom(NOW)
BASE = "http://127.0.0.1:9001"
AGENCY = "http://127.0.0.1:9002"
GOOD = [outlet for outlet in OUTLETS if outlet.kind in GOOD_KINDS]
NAMES = {outlet.name: outlet for outlet in OUTLETS}


def document(outlet: Outlet, appearing_round: int = 0, *, newsroom: Newsroom = NEWSROOM) -> Answer:
    return newsroom.document(outlet.path, round=appearing_round, base_url=BASE, agency_url=AGENCY)


def read(answer: Answer) -> list[tuple[str, str, str, str]]:
    """Return each entry's (guid, link, title, body) as a reader sees it."""
    if "json" in answer.header("Content-Type"):
        items = json.loads(answer.body)["items"]
        return [(i["id"], i["url"], i["title"], i["content_html"]) for i in items]
    parsed = feedparser.parse(io.BytesIO(answer.body))
    return [
        (e.get("id", ""), e.get("link", ""), e.get("title", ""), e.get("summary", ""))
        for e in parsed.entries
    ]


def test_there_are_enough_outlets_entries_and_formats() -> None:
    entries = sum(len(NEWSROOM.entries(outlet, round=0)) for outlet in GOOD)

    assert len(GOOD) >= 8
    assert entries >= 200
    assert {outlet.kind for outlet in OUTLETS} == set(Kind)
    assert {outlet.language for outlet in GOOD} == {"en", "de"}
    assert len({outlet.path for outlet in OUTLETS}) == len(OUTLETS)


@pytest.mark.parametrize("appearing_round", [0, 1, LAST_ROUND])
@pytest.mark.parametrize("outlet", GOOD, ids=lambda outlet: outlet.name)
def test_a_good_document_parses_whole(outlet: Outlet, appearing_round: int) -> None:
    answer = document(outlet, appearing_round)

    entries = read(answer)
    assert answer.status == 200
    assert len(entries) == len(NEWSROOM.entries(outlet, round=appearing_round)) > 0
    assert all(title.strip() and body.strip() for _, _, title, body in entries)
    assert all(link.startswith((BASE, AGENCY)) for _, link, _, _ in entries)
    keys = [guid or link for guid, link, _, _ in entries]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "outlet", [o for o in GOOD if o.kind is not Kind.JSON], ids=lambda outlet: outlet.name
)
def test_an_xml_document_is_well_formed(outlet: Outlet) -> None:
    parsed = feedparser.parse(io.BytesIO(document(outlet).body))

    assert not parsed.bozo
    assert parsed.feed.title == outlet.title


def test_umlauts_survive_the_old_encoding() -> None:
    body = document(NAMES["anzeiger"]).body

    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")
    assert "ü" in " ".join(title + text for _, _, title, text in read(document(NAMES["anzeiger"])))


@pytest.mark.parametrize("appearing_round", [0, 3])
def test_the_same_now_seed_and_round_give_the_same_bytes(appearing_round: int) -> None:
    twin = Newsroom(NOW)

    for outlet in OUTLETS:
        assert document(outlet, appearing_round) == document(outlet, appearing_round, newsroom=twin)


def test_another_seed_gives_another_newsroom() -> None:
    other = Newsroom(NOW, seed=2)

    assert document(GOOD[0]) != document(GOOD[0], newsroom=other)


def test_at_least_forty_events_are_told_by_three_outlets_from_the_start() -> None:
    truth = NEWSROOM.truth()
    tellers: dict[str, set[str]] = defaultdict(set)
    for outlet in GOOD:
        for entry in NEWSROOM.entries(outlet, round=0):
            tellers[truth[outlet.path, entry.key]].add(outlet.name)

    assert sum(len(names) >= 3 for names in tellers.values()) >= 40


@pytest.mark.parametrize("appearing_round", [0, 1, 2, LAST_ROUND])
def test_truth_knows_every_entry_as_it_is_read(appearing_round: int) -> None:
    truth = NEWSROOM.truth()
    hostile = NAMES["jester"]

    for outlet in [*GOOD, hostile]:
        for guid, link, _, _ in read(document(outlet, appearing_round)):
            assert (outlet.path, guid or link.removeprefix(BASE).removeprefix(AGENCY)) in truth


def test_recurring_entries_stand_alone() -> None:
    """A series has a figure that moves; each of its entries has a label that no other has."""
    labels = Counter(NEWSROOM.truth().values())

    for series in SERIES:
        entries = [
            entry
            for entry in NEWSROOM.entries(NAMES[series.outlet], round=0)
            if entry.label.startswith(f"{series.outlet}:{series.name}-")
        ]
        assert len(entries) >= 3
        assert len({entry.wording.headline for entry in entries}) == len(entries)
        assert all(labels[entry.label] == 1 for entry in entries)


def test_entries_are_spread_over_the_last_two_days() -> None:
    ages = [
        NOW - entry.published_at
        for outlet in GOOD
        for entry in NEWSROOM.entries(outlet, round=0)
        if entry.published_at and entry.published_at < NOW
    ]

    assert min(ages) >= timedelta(minutes=25)
    assert max(ages) <= timedelta(hours=48)
    assert {int(age / timedelta(hours=12)) for age in ages} == {0, 1, 2, 3}


def test_each_early_round_brings_new_entries_to_several_outlets() -> None:
    for appearing_round in (1, 2, 3):
        grown = [
            outlet.name
            for outlet in GOOD
            if len(NEWSROOM.entries(outlet, round=appearing_round))
            > len(NEWSROOM.entries(outlet, round=appearing_round - 1))
        ]
        assert len(grown) >= 2


def test_late_coverage_joins_an_event_that_was_known() -> None:
    known = {entry.label for outlet in GOOD for entry in NEWSROOM.entries(outlet, round=0)}
    late = {
        entry.label
        for outlet in GOOD
        for entry in NEWSROOM.entries(outlet, round=2)
        if entry.from_round in (1, 2) and entry.guid and not entry.guid.endswith(":v2")
    }

    assert len(known & late) >= 3


def test_later_news_is_never_from_the_future() -> None:
    late = [
        entry.published_at
        for outlet in GOOD
        for entry in NEWSROOM.entries(outlet, round=99)
        if entry.from_round > 0 and entry.published_at
    ]

    assert late
    assert max(late) <= NOW


def test_one_entry_is_corrected_under_its_guid() -> None:
    before = {entry.guid: entry for entry in NEWSROOM.entries(NAMES["meridian"], round=1)}
    after = {entry.guid: entry for entry in NEWSROOM.entries(NAMES["meridian"], round=2)}
    corrected = [guid for guid in before if before[guid] != after[guid]]

    assert len(corrected) == 1
    assert after[corrected[0]].updated_at is not None
    assert b"Correction:" in document(NAMES["meridian"], 2).body
    assert b"Correction:" not in document(NAMES["meridian"], 1).body


@pytest.mark.parametrize("name", ["tidewater", "rundschau"], ids=["new guid", "https guid"])
def test_an_entry_changes_its_guid_at_the_second_poll(name: str) -> None:
    links: dict[str, set[str]] = {}
    for appearing_round in (0, 1):
        for entry in NEWSROOM.entries(NAMES[name], round=appearing_round):
            links.setdefault(entry.link, set()).add(entry.guid)

    assert [len(guids) for guids in links.values() if len(guids) > 1] == [2]


def test_some_entries_have_no_date_one_is_from_the_future_one_outlet_has_no_guids() -> None:
    entries = [entry for outlet in GOOD for entry in NEWSROOM.entries(outlet, round=0)]
    future = [entry for entry in entries if entry.published_at and entry.published_at > NOW]

    assert sum(entry.published_at is None for entry in entries) == 2
    assert len(future) == 1
    assert not any(entry.guid for entry in NEWSROOM.entries(NAMES["ledger"], round=0))
    assert b"<guid" not in document(NAMES["ledger"]).body


@pytest.mark.parametrize("suffix", CARRIED_SUFFIXES)
def test_agency_texts_are_carried_under_variants_of_their_address(suffix: str) -> None:
    carried = [
        entry
        for outlet in OUTLETS
        for entry in NEWSROOM.entries(outlet, round=LAST_ROUND)
        if entry.at != entry.outlet and entry.link.endswith(suffix)
    ]

    assert carried
    for entry in carried:
        assert NEWSROOM.page(entry.link, round=LAST_ROUND).status == 200
        assert NEWSROOM.truth()["/lantern/index.rdf", f"tag:lantern.example,2026:{entry.label}"]


def test_the_cluttered_outlet_clutters_every_entry() -> None:
    bodies = [body for _, _, _, body in read(document(NAMES["tidewater"]))]
    raw = document(NAMES["tidewater"]).body.decode()

    assert raw.count("appeared first on") == len(bodies)
    assert raw.count("newsletter") >= len(bodies)
    assert raw.count("pixel.png") == len(bodies)


def test_odd_outlets_are_odd_each_in_its_way() -> None:
    hostile = document(NAMES["jester"]).body

    assert document(NAMES["farewell"]).status == 410
    assert document(NAMES["gatehouse"]).header("Content-Type").startswith("text/html")
    assert not document(NAMES["cracked-bell"]).body.rstrip().endswith(b"</rss>")
    assert feedparser.parse(io.BytesIO(document(NAMES["cracked-bell"]).body)).bozo
    for harm in (b"script&gt;", b"javascript:", b"\x07", b"\x00", b"]]>", b"onerror"):
        assert harm in hostile
    assert len(read(document(NAMES["jester"]))) == 5


def test_an_unknown_feed_is_not_found() -> None:
    assert NEWSROOM.document("/nobody", round=0, base_url=BASE).status == 404
    assert NEWSROOM.page("/nobody/news/x", round=0).status == 404
    assert NEWSROOM.page("/courier/img/x.png", round=0).status == 404


@pytest.mark.parametrize("outlet", GOOD, ids=lambda outlet: outlet.name)
def test_last_modified_moves_exactly_when_the_bytes_do(outlet: Outlet) -> None:
    answers = [document(outlet, appearing_round) for appearing_round in range(LAST_ROUND + 3)]

    for before, after in pairwise(answers):
        moved = before.header("Last-Modified") != after.header("Last-Modified")
        assert moved == (before.body != after.body)
        assert (before.header("ETag") != after.header("ETag")) == moved
        assert parsedate_to_datetime(after.header("Last-Modified")) <= NOW


def test_news_that_has_not_broken_has_no_page_yet() -> None:
    coming = [
        entry
        for entry in NEWSROOM.entries(NAMES["courier"], round=2)
        if entry.from_round == 2 and entry.at == "courier"
    ]

    assert coming
    for entry in coming:
        assert NEWSROOM.page(entry.link, round=1).status == 404
        assert NEWSROOM.page(entry.link, round=2).status == 200
