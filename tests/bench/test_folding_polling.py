"""Which entry of the program is which of the data's: guids that are used again are told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bench.folding_feeds import by_time, shown, shuffled, write_feeds
from bench.folding_polling import matched, poll

if TYPE_CHECKING:
    from pathlib import Path

WORDS = (
    "Marlow harbour bridge reopens after nine months of repairs",
    "Late frost ruins half of the plum harvest in Tessel",
    "Orla Quist is elected mayor of Brannock by eleven votes",
)


def row(name: str, *, guid: str = "", title: str = "", number: int = 0) -> dict[str, Any]:
    return {
        "id": name, "feed": "paper.xml", "round": number, "guid": guid or name,
        "link": f"https://paper.example/{name}", "title": title or name,
    }  # fmt: skip


def story(name: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "entries": list(entries)}


def entry(guid: str, title: str, url: str = "") -> dict[str, str]:
    feed = "http://127.0.0.1:1/paper.xml"
    return {"feed": feed, "id": guid, "title": title, "url": url, "relation": "lead"}


def test_entries_are_found_by_feed_and_guid() -> None:
    found = matched([story("s1", entry("a", "A")), story("s2", entry("b", "B"))], [row("a")])

    assert {name: one["story"] for name, one in found.items()} == {"a": "s1"}


def test_a_guid_that_is_used_again_is_told_apart_by_the_title() -> None:
    told = [story("s1", entry("g", "Frost &amp; plums")), story("s2", entry("g", "Bridge"))]
    rows = [row("a", guid="g", title="Bridge"), row("b", guid="g", title="Frost & plums", number=1)]

    found = matched(told, rows)

    assert {name: one["story"] for name, one in found.items()} == {"a": "s2", "b": "s1"}


def test_where_titles_are_equal_the_address_tells() -> None:
    told = [
        story("s1", entry("g", "News", "https://paper.example/b")),
        story("s2", entry("g", "News", "https://paper.example/a")),
    ]
    rows = [row("a", guid="g", title="News"), row("b", guid="g", title="News", number=1)]

    found = matched(told, rows)

    assert {name: one["story"] for name, one in found.items()} == {"a": "s2", "b": "s1"}


def test_an_earlier_version_goes_with_the_entry_that_took_its_place() -> None:
    rows = [row("a", guid="g", title="Old"), row("b", guid="g", title="New", number=1)]

    found = matched([story("s1", entry("g", "New"))], rows)

    assert {name: one["story"] for name, one in found.items()} == {"a": "s1", "b": "s1"}


def test_what_no_feed_showed_is_left_out() -> None:
    rows = [row("a", guid="g", title="Old"), row("b", guid="g", title="New")]

    assert [one["id"] for one in shown(rows)] == ["b"]
    assert matched([story("s1", entry("g", "New"))], rows).keys() == {"b"}


def test_orders_hold_the_same_rows_in_equal_rounds() -> None:
    rows = [
        {**row(f"r{number:02}"), "published": f"2026-11-{30 - number:02}T00:00:00Z"}
        for number in range(12)
    ]

    ordered, mixed = by_time(rows), shuffled(rows)

    assert [one["id"] for one in ordered] == sorted((one["id"] for one in rows), reverse=True)
    assert sorted(one["id"] for one in mixed) == sorted(one["id"] for one in rows)
    assert mixed != ordered
    assert [one["round"] for one in ordered] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_a_feed_shows_what_it_brought_before_and_one_entry_of_a_guid(tmp_path: Path) -> None:
    told = [("a", "g", 0), ("b", "h", 0), ("c", "g", 1)]
    rows = [
        {
            **row(name, guid=guid, number=number), "summary": "", "published": "2026-11-20",
            "url": f"https://paper.example/{name}",
        }
        for name, guid, number in told
    ]  # fmt: skip

    write_feeds(rows, tmp_path / "feeds")

    first, second = (
        (tmp_path / f"feeds/round0{number}/paper.xml").read_text("utf-8") for number in (0, 1)
    )
    assert re.findall("<item><title>(.)<", first) == ["b", "a"]
    assert re.findall("<item><title>(.)<", second) == ["b", "c"]


def test_made_feeds_are_polled_and_matched(tmp_path: Path) -> None:
    rows = [
        {
            **row(f"r{number}", title=title), "round": number % 2, "summary": f"{title}, it said.",
            "url": f"https://paper.example/{number}", "published": "2026-11-20T12:00:00Z",
        }
        for number, title in enumerate(WORDS)
    ]  # fmt: skip
    copy = {**rows[0], "id": "copy", "feed": "other.xml", "url": "https://other.example/bridge"}
    write_feeds([*rows, copy], tmp_path / "feeds")

    polled = poll(tmp_path / "feeds", tmp_path / "database", folding="coverage = false")

    assert polled.entries.keys() == {"r0", "r1", "r2", "copy"}
    assert polled.story_of["copy"] == polled.story_of["r0"]
    assert len(set(polled.story_of.values())) == 3
