"""Bodies wait for the pages of their new entries: which are asked for, and for how long."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from aggregator.fold.features import describe
from aggregator.model import FeedSpec, NotModified, Page, Validators
from aggregator.pipeline import parking, polling
from aggregator.pipeline.batch import Manners
from aggregator.pipeline.pages import LONGEST_S, PageAnswer, PageAnswers, PageBatch
from aggregator.pipeline.parking import Parking, wanted
from aggregator.pipeline.take_in import Desk
from aggregator.store import entries, feeds, pages, search, stories
from aggregator.store.database import transaction
from tests.pipeline.makers import HOUR, NOON, POLLING, configured, fetched, read, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aggregator.model import Fetched, PollReport, ReadEntry
    from aggregator.pipeline.batch import Batch
    from aggregator.pipeline.pages import PageRequest
    from tests.end_to_end.newsrooms import Clock

MANNERS = Manners(polling=POLLING, user_agent="Newsfold/test")
ONE, TWO = "https://one.example/feed", "https://two.example/feed"
HOST = "https://paper.example"
TEXT = "<p>All that the page tells of it, at length and in order.</p>"


@pytest.fixture
def full(desk: Desk, tmp_path: Path) -> Desk:
    """Give a desk over two feeds that want full text."""
    specs = [FeedSpec(url=url, full_text=True) for url in (ONE, TWO)]
    return Desk.open(configured(tmp_path, feeds=specs), desk.db, clock=desk.clock)


def linked(number: int, url: str = "", *, hours: int = 0) -> ReadEntry:
    entry = read(number, published_at=NOON - hours * HOUR).entry
    return told(replace(entry, url=url or f"{HOST}/{number}", content="<p>Brief</p>", summary=""))


def places(desk: Desk, outcome: Fetched, *, feed: str = ONE) -> list[int]:
    return [request.place for request in wanted(desk, feed, outcome)]


def answered(request: PageRequest, **said: str) -> PageAnswer:
    page = Page(**{"url": request.entry.url, **said})
    features = describe(replace(request.entry, content=page.content)) if page.content else None
    return PageAnswer(feed_url=request.spec.url, place=request.place, page=page, features=features)


# ------------------------------------------------------------- what is wanted


def test_the_newest_come_first_and_no_more_than_the_bound(
    full: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "MOST_PAGES", 3)
    outcome = fetched(*(linked(n, hours=hours) for n, hours in enumerate((5, 1, 9, 0, 3))))

    assert places(full, outcome) == [3, 1, 4]


NOT_WANTED = [
    pytest.param(f"{HOST}/", id="a home page"),
    pytest.param("", id="no link"),
    pytest.param("https://rude.example/1", id="a host that wants a pause"),
]


@pytest.mark.parametrize("url", NOT_WANTED)
def test_what_cannot_be_the_entrys_own_page_is_not_asked_for(full: Desk, url: str) -> None:
    with transaction(full.db):
        feeds.pause_host(full.db, "rude.example:443", NOON + HOUR)
    one = told(replace(linked(1).entry, url=url))

    assert places(full, fetched(one, linked(2))) == [1]


def test_of_two_entries_with_one_link_one_is_asked_for(full: Desk) -> None:
    assert places(full, fetched(linked(1, f"{HOST}/live"), linked(2, f"{HOST}/live"))) == [0]


def test_what_is_known_or_was_asked_for_before_is_not_asked_for(full: Desk) -> None:
    """Also under another id: the address was asked for on behalf of the feed."""
    first = linked(1)
    settled = replace(first, page=Page(url=first.entry.url, error="it answered 500"))
    full.take_in([(ONE, fetched(settled, linked(2)))])
    again = told(replace(linked(3).entry, url=first.entry.url))

    assert places(full, fetched(first, linked(2), again, linked(4), etag='"2"')) == [3]
    assert places(full, fetched(first), feed=TWO) == [0]


def test_a_look_ahead_leaves_no_trace(full: Desk) -> None:
    outcome = fetched(linked(1))
    places(full, outcome)

    assert feeds.state(full.db, ONE).last_fetched_at is None
    assert list(stories.recent(full.db)) == []
    assert places(full, outcome) == [0]


def test_feeds_that_want_no_full_text_wait_for_nothing(desk: Desk) -> None:
    url = desk.config.feeds[0].url

    assert wanted(desk, url, fetched(linked(1))) == ()
    assert wanted(desk, url, NotModified(validators=Validators())) == ()


def test_without_the_library_no_page_is_asked_for(
    full: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "is_available", lambda: False)

    assert places(full, fetched(linked(1))) == []


def test_a_body_that_cannot_be_looked_at_waits_for_nothing(
    full: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking it in tells what is wrong; the pass goes on."""
    monkeypatch.setattr("aggregator.pipeline.take_in.identify", lambda *_, **__: 1 / 0)

    assert places(full, fetched(linked(1))) == []


# ------------------------------------------------------------------- parking


def parked(desk: Desk, *outcomes: tuple[str, Fetched], at_s: float = 0.0) -> Parking:
    here = Parking()
    for url, outcome in outcomes:
        here.park(url, outcome, wanted(desk, url, outcome), at_s=at_s)
    return here


def test_the_feeds_take_turns_at_a_host(full: Desk) -> None:
    here = parked(
        full, (ONE, fetched(linked(1), linked(2), linked(3))), (TWO, fetched(linked(4), linked(5)))
    )

    batch = here.next_batch(busy=())

    assert batch is not None
    assert [(one.spec.url, one.place) for one in batch.requests] == [
        (ONE, 0), (TWO, 0), (ONE, 1), (TWO, 1), (ONE, 2),
    ]  # fmt: skip
    assert here.next_batch(busy=()) is None


def test_a_busy_host_waits(full: Desk) -> None:
    here = parked(full, (ONE, fetched(linked(1), linked(2, "https://b.example/2"))))

    batch = here.next_batch(busy={"paper.example:443"})

    assert batch is not None
    assert [one.entry.url for one in batch.requests] == ["https://b.example/2"]
    assert here.next_batch(busy={"paper.example:443"}) is None


def test_a_body_is_ready_once_all_its_pages_came(full: Desk) -> None:
    here = parked(full, (ONE, fetched(linked(1), linked(2, "https://b.example/2"))))
    first, second = here.next_batch(busy=()), here.next_batch(busy=())
    assert first
    assert second

    here.take(first, PageAnswers(answers=(answered(first.requests[0], content=TEXT),)))
    assert here.ready(full, at_s=1.0) == []
    assert ONE in here
    here.take(second, PageAnswers(answers=()))  # its time was over before it was asked for
    ((url, outcome),) = here.ready(full, at_s=1.0)

    assert url == ONE
    assert ONE not in here
    pages_ = [one.page for one in outcome.entries]  # type: ignore[union-attr]  # a Fetched
    assert pages_[0] is not None
    assert pages_[0].content == TEXT
    assert pages_[1] is None


def test_after_its_time_a_body_waits_only_for_what_was_begun(full: Desk) -> None:
    here = parked(full, (ONE, fetched(linked(1), linked(2, "https://b.example/2"))))
    begun = here.next_batch(busy={"b.example:443"})
    assert begun

    assert here.ready(full, at_s=LONGEST_S) == []
    assert here.next_batch(busy=()) is None
    here.take(begun, PageAnswers(answers=(answered(begun.requests[0], content=TEXT),)))

    ((_, outcome),) = here.ready(full, at_s=LONGEST_S)
    assert [bool(one.page) for one in outcome.entries] == [True, False]  # type: ignore[union-attr]


def test_the_words_of_the_feed_stay_and_folding_sees_the_page(full: Desk) -> None:
    here = parked(full, (ONE, fetched(linked(1))))
    batch = here.next_batch(busy=())
    assert batch
    here.take(batch, PageAnswers(answers=(answered(batch.requests[0], content=TEXT),)))

    ((_, outcome),) = here.ready(full, at_s=0.0)

    (one,) = outcome.entries  # type: ignore[union-attr]  # a Fetched
    assert one.entry.content == "<p>Brief</p>"
    assert one.entry.content_hash == linked(1).entry.content_hash
    assert one.entry.summary.startswith("All that the page tells")
    assert one.features != linked(1).features


SHARED = [
    pytest.param({"url": f"{HOST}/notice"}, id="one address"),
    pytest.param({"content": TEXT}, id="one text"),
]


@pytest.mark.parametrize("same", SHARED)
def test_what_several_entries_lead_to_is_the_page_of_none(full: Desk, same: dict[str, str]) -> None:
    here = parked(full, (ONE, fetched(linked(1), linked(2))))
    batch = here.next_batch(busy=())
    assert batch
    answers = [
        answered(one, **{"content": f"{TEXT}<p>{one.place}</p>", **same}) for one in batch.requests
    ]
    here.take(batch, PageAnswers(answers=tuple(answers)))

    ((_, outcome),) = here.ready(full, at_s=0.0)

    for one in outcome.entries:  # type: ignore[union-attr]  # a Fetched
        assert one.page == Page(url="", error=parking.SAME_PAGE)
        assert one.entry.summary == ""


def test_an_address_that_an_older_entry_led_to_is_no_newer_ones_page(full: Desk) -> None:
    older = replace(linked(1), page=Page(url=f"{HOST}/notice", content=TEXT))
    full.take_in([(ONE, fetched(older))])
    here = parked(full, (ONE, fetched(linked(2), etag='"2"')))
    batch = here.next_batch(busy=())
    assert batch
    answer = answered(batch.requests[0], url=f"{HOST}/notice", content="<p>Another</p>")
    here.take(batch, PageAnswers(answers=(answer,)))

    ((_, outcome),) = here.ready(full, at_s=0.0)

    assert outcome.entries[0].page == Page(url="", error=parking.SAME_PAGE)  # type: ignore[union-attr]


# ------------------------------------------------------------------- in a pass


class Workers(Executor):
    """An executor that answers feeds from a table and pages by a rule."""

    def __init__(
        self,
        outcomes: dict[str, Fetched],
        answer: Callable[[PageBatch], PageAnswers | BrokenExecutor | None],
    ) -> None:
        """Take both; what the rule has no answers for stays under way."""
        self._outcomes = outcomes
        self._answer = answer
        self.hosts: list[str] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401, ARG002 - Executor's own signature
        """Answer now."""
        future: Future[Any] = Future()
        batch: Batch | PageBatch = args[0]
        if not isinstance(batch, PageBatch):
            self.hosts.append(batch[0].spec.url.split("/")[2])
            urls = [request.spec.url for request in batch]
            future.set_result(tuple((url, self._outcomes[url]) for url in urls))
            return future
        self.hosts.append(batch.requests[0].entry.url.split("/")[2])
        answer = self._answer(batch)
        if isinstance(answer, BrokenExecutor):
            future.set_exception(answer)
        elif answer:
            future.set_result(answer)
        return future


def passed(desk: Desk, workers: Workers, **rest: Any) -> list[PollReport]:  # noqa: ANN401 - of poll_feeds
    reports: list[PollReport] = []
    polling.poll_feeds(
        desk,
        feeds.due(desk.db, now=desk.clock()),
        executor=workers,
        manners=MANNERS,
        on_report=reports.append,
        **{"stop": Event(), "meanwhile": lambda: None, **rest},
    )
    return reports


def all_told(batch: PageBatch) -> PageAnswers:
    return PageAnswers(
        answers=tuple(
            answered(one, content=f"{TEXT}<p>{one.entry.url}</p>") for one in batch.requests
        )
    )


def shown(desk: Desk) -> list[str]:
    return [story.lead.entry.content for story in stories.recent(desk.db)]


def test_pages_are_taken_in_with_their_entries(full: Desk) -> None:
    bodies = {ONE: fetched(linked(1)), TWO: fetched(linked(2))}

    reports = passed(full, Workers(bodies, all_told))

    assert sorted((one.feed, one.new) for one in reports) == [(ONE, 1), (TWO, 1)]
    assert all(content.startswith(TEXT) for content in shown(full))


def test_pages_of_a_worker_that_died_count_as_asked_for(full: Desk) -> None:
    bodies = {ONE: fetched(linked(1)), TWO: fetched()}

    passed(full, Workers(bodies, lambda _: BrokenExecutor()))

    assert shown(full) == ["<p>Brief</p>"]
    feed_id = feeds.state(full.db, ONE).feed_id
    assert pages.asked(full.db, feed_id, [f"{HOST}/1"])


def test_a_host_that_wants_a_pause_after_a_page_gets_it_for_feeds_too(full: Desk) -> None:
    bodies = {ONE: fetched(linked(1)), TWO: fetched()}
    until_at = NOON + timedelta(hours=3)

    passed(full, Workers(bodies, lambda _: PageAnswers(answers=(), paused_until=until_at)))

    assert feeds.paused_hosts(full.db, now=NOON) == {"paper.example:443": until_at}
    assert shown(full) == ["<p>Brief</p>"]


def test_a_feed_waits_while_its_host_is_asked_for_pages(full: Desk, clock: Clock) -> None:
    """And is asked before more pages are; a body that waits is not fetched again meanwhile."""
    at_two = "https://two.example/story"
    workers = Workers({ONE: fetched(linked(1, at_two)), TWO: fetched(linked(2))}, lambda _: None)
    under_way = polling.UnderWay()
    states = {state.url: state for state in feeds.due(full.db, now=NOON)}

    def one_pass(*urls: str) -> None:
        polling.poll_feeds(
            full, [states[url] for url in urls], executor=workers, manners=MANNERS, stop=Event(),
            on_report=lambda _: None, meanwhile=lambda: None, under_way=under_way, patience_s=0.0,
        )  # fmt: skip

    one_pass(ONE)
    one_pass(ONE)
    assert workers.hosts == ["one.example", "two.example"]
    one_pass(ONE, TWO)
    assert workers.hosts == ["one.example", "two.example"]
    ((future, batch),) = under_way.pages.items()
    future.set_result(all_told(batch))
    one_pass()
    one_pass(TWO)

    assert workers.hosts == ["one.example", "two.example", "two.example", "paper.example"]
    assert shown(full) == [f"{TEXT}<p>{at_two}</p>"]


def test_a_stop_takes_in_what_waits(full: Desk) -> None:
    stop = Event()
    bodies = {ONE: fetched(linked(1)), TWO: fetched()}

    reports = passed(full, Workers(bodies, lambda _: None), stop=stop, meanwhile=stop.set)

    assert {one.feed for one in reports} == {ONE, TWO}
    assert shown(full) == ["<p>Brief</p>"]


def test_what_the_page_tells_stands_when_the_feed_tells_it_anew(full: Desk) -> None:
    """For folding, for search and for readers; the feed's new words are kept beside it."""
    bodies = {ONE: fetched(linked(1)), TWO: fetched()}
    passed(full, Workers(bodies, all_told))
    since = NOON - HOUR
    ((before, _),) = entries.arrivals(full.db, since=since)

    anew = told(replace(linked(1).entry, content="<p>Other words of the feed</p>"))
    (report,) = full.take_in([(ONE, fetched(anew, etag='"2"'))])
    ((after, _),) = entries.arrivals(full.db, since=since)

    assert report.updated == 1
    assert after.features == before.features
    assert [hit.entry_id for hit in search.search(full.db, "length order", limit=5)] == [1]
    assert shown(full)[0].startswith(TEXT)
    assert entries.compare(full.db, feeds.state(full.db, ONE).feed_id, [anew]).changed == ()
