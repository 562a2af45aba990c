"""Readers find what was published, and nothing else that is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aggregator.config.filters import parse_filter
from aggregator.model import Digest, DigestKind, FeedSpec, Format
from aggregator.pipeline import search as searching
from aggregator.pipeline.publish import Press
from aggregator.pipeline.search import Searcher
from aggregator.pipeline.take_in import Desk
from aggregator.serve.search import Question, Told
from tests.pipeline.makers import FIRST, HOUR, LIVE, NOON, SECOND, configured, fetched, read

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.model import Config, ReadEntry
    from tests.end_to_end.newsrooms import Clock

ISSUE = Digest(name="issue", title="Issue", kind=DigestKind.EDITION, at=(time(13),))
FLOOD = "Flood at the harbour of Vessel Bay"


def flood(number: int = 1) -> ReadEntry:
    return read(number, title=f"{FLOOD} {number}")


class Library:
    """A store with what was published of it, and who looks into it."""

    def __init__(self, config: Config, desk: Desk, clock: Clock) -> None:
        """Open a desk for the configuration."""
        self.config = config
        self.desk = Desk.open(config, desk.db, clock=clock)
        self.clock = clock

    def publish(self, *read: ReadEntry, feed: str = FIRST) -> None:
        """Take entries in and publish."""
        self.desk.take_in([(feed, fetched(*read))])
        press = Press(self.config, self.desk.db)
        press.publish(now=self.clock.now)
        press.write()

    def ask(self, words: str, **how: Any) -> Told:  # noqa: ANN401 - fields of a question
        """Ask as a reader does."""
        searcher = Searcher(lambda: self.config, clock=lambda: self.clock.now)
        return searcher.find(Question(words=words, **how))

    def found(self, words: str, **how: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as above
        """Return the results as JSON."""
        results: list[dict[str, Any]] = json.loads(self.ask(words, as_json=True, **how).body)[
            "results"
        ]
        return results


@pytest.fixture
def library(desk: Desk, clock: Clock, tmp_path: Path) -> Library:
    """Give a library of one live digest."""
    return Library(configured(tmp_path), desk, clock)


def test_a_published_story_is_found_with_its_place(library: Library) -> None:
    library.publish(flood(), read(2))

    (result,) = library.found("harbour vessel")

    assert result["title"] == f"{FLOOD} 1"
    assert result["url"] == flood().entry.url
    assert result["digest"] == "all"
    assert result["page"].startswith("https://news.example.org/all.html#story-")
    assert result["published_at"] == NOON.isoformat()


def test_no_result_leads_to_a_feed_whose_address_holds_a_key(
    desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    """An entry that was stored when links to fragments were resolved to its feed's address."""
    secret = "https://paid.example/feed?token=s3cr3tKEY"  # noqa: S105 - invented
    library = Library(configured(tmp_path, feeds=(secret,)), desk, clock)
    one = flood()
    leaked = replace(one, entry=replace(one.entry, url=f"{secret}#top"))
    library.publish(leaked, feed=secret)

    assert secret not in library.ask("vessel", as_json=True).body.decode()
    assert secret not in library.ask("vessel").body.decode()


def test_the_page_shows_what_was_found(library: Library) -> None:
    library.publish(flood())

    told = library.ask("vessel")
    page = told.body.decode()

    assert told.status == 200
    assert f">{FLOOD} 1</a></h3>" in page
    assert 'value="vessel"' in page
    assert ">1 story</h2>" in page


def test_a_word_in_a_text_without_spaces_is_found_and_shown(library: Library) -> None:
    title, summary = "政府宣布新的铁路建设计划", "政府宣布了一项新的铁路建设计划。"
    library.publish(read(1, title=title, summary=summary), read(2))

    (result,) = library.found("建设 铁路")

    assert (result["title"], result["snippet"]) == (title, summary)


def test_words_from_outside_are_only_words(library: Library) -> None:
    library.publish(flood())

    page = library.ask('"><script>alert(1)</script>').body.decode()

    assert "<script" not in page
    assert library.ask("vessel* OR (").status == 200


def test_what_is_not_published_yet_is_not_found(desk: Desk, clock: Clock, tmp_path: Path) -> None:
    settling = replace(LIVE, settle=timedelta(minutes=10))
    library = Library(configured(tmp_path, digests=(settling,)), desk, clock)
    library.publish(read(5))
    library.publish(read(5), flood())

    before = library.found("vessel")
    clock.move(HOUR)
    library.publish(read(5), flood(), read(6))

    assert before == []
    assert len(library.found("vessel")) == 1


def test_what_was_held_back_is_not_found(desk: Desk, clock: Clock, tmp_path: Path) -> None:
    """Of a new feed, the older entries are kept for folding alone."""
    config = configured(tmp_path)
    polling = replace(config.polling, backfill=1)
    library = Library(replace(config, polling=polling), desk, clock)

    library.publish(flood(1), flood(2))

    assert len(library.found("vessel")) == 1


def test_what_a_filter_refuses_is_not_found(desk: Desk, clock: Clock, tmp_path: Path) -> None:
    spec = FeedSpec(url=FIRST, exclude=(parse_filter("2"),))
    library = Library(configured(tmp_path, feeds=(spec, SECOND)), desk, clock)

    library.publish(flood(1), flood(2))

    assert [one["title"] for one in library.found("vessel")] == [f"{FLOOD} 1"]


def test_a_feed_that_no_digest_takes_is_not_found(desk: Desk, clock: Clock, tmp_path: Path) -> None:
    tagged = (FeedSpec(url=FIRST, tags=("a",)), FeedSpec(url=SECOND, tags=("b",)))
    digest = replace(LIVE, tags=("b",))
    library = Library(configured(tmp_path, feeds=tagged, digests=(digest,)), desk, clock)

    library.publish(flood())

    assert library.found("vessel") == []


def test_a_digest_that_is_configured_no_more_shows_nothing(library: Library) -> None:
    library.publish(flood())
    library.config = replace(library.config, digests=(replace(LIVE, name="other"),))

    assert library.found("vessel") == []


def test_a_story_of_an_edition_leads_to_its_issue(desk: Desk, clock: Clock, tmp_path: Path) -> None:
    library = Library(configured(tmp_path, digests=(ISSUE,)), desk, clock)
    library.publish(flood(1), flood(2))
    clock.move(2 * HOUR)
    library.publish(flood(1), flood(2), read(3))

    pages = {one["page"] for one in library.found("vessel")}

    base = "https://news.example.org/issue/edition-1.html#story-"
    assert pages == {f"{base}1", f"{base}2"}


def test_a_story_that_left_the_current_page_has_no_place_on_it(
    desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    library = Library(configured(tmp_path, digests=(replace(LIVE, limit=1),)), desk, clock)
    library.publish(flood(1))
    library.publish(flood(1), flood(2))

    pages = {one["title"][-1]: one["page"] for one in library.found("vessel")}

    assert pages["1"] == ""
    assert pages["2"].startswith("https://news.example.org/all.html#story-")


def test_a_digest_without_pages_is_searched_too(desk: Desk, clock: Clock, tmp_path: Path) -> None:
    digest = replace(LIVE, formats=(Format.ATOM,))
    library = Library(configured(tmp_path, digests=(digest,)), desk, clock)
    library.publish(flood())

    assert [one["page"] for one in library.found("vessel")] == [""]


def test_results_come_page_by_page(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "RESULTS_A_PAGE", 2)
    library.publish(*(flood(number) for number in range(5)))

    pages = [json.loads(library.ask("vessel", page=n, as_json=True).body) for n in (1, 2, 3)]

    assert [len(page["results"]) for page in pages] == [2, 2, 1]
    assert len({one["story"] for page in pages for one in page["results"]}) == 5
    assert pages[0]["next"] == "https://news.example.org/search?q=vessel&page=2"
    assert pages[2]["next"] == ""
    assert 'rel="next" href="search?q=vessel&amp;page=2"' in library.ask("vessel").body.decode()


@pytest.mark.parametrize("words", ["", "   ", "?!"])
def test_without_words_nothing_is_looked_for(library: Library, words: str) -> None:
    library.publish(flood())

    assert library.found(words) == []
    assert library.ask(words).status == 200


def test_another_digest_finds_nothing_and_an_unknown_one_says_so(library: Library) -> None:
    library.publish(flood())

    told = library.ask("vessel", digest="nix")

    assert told.status == 404
    assert "There is no digest of that name here." in told.body.decode()


def test_a_store_that_is_missing_is_told_without_its_path(tmp_path: Path) -> None:
    told = Searcher(lambda: configured(tmp_path)).find(Question(words="vessel"))

    assert told.status == 503
    assert str(tmp_path) not in told.body.decode()


def test_a_search_that_takes_too_long_is_ended(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LONGEST_S", -1.0)
    library.publish(flood())

    told = library.ask("vessel")

    assert told.status == 503
    assert "took too long" in told.body.decode()
