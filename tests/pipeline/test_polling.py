"""One pass over many feeds: what is under way, what is taken in, and how it ends early."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import BrokenExecutor, Executor, Future
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

from aggregator.model import NotModified, Validators
from aggregator.pipeline import polling
from aggregator.pipeline.batch import Manners
from aggregator.pipeline.take_in import Desk
from aggregator.store import entries, feeds
from tests.pipeline.makers import NOON, POLLING, configured, fetched, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from aggregator.model import PollReport
    from aggregator.pipeline.batch import Batch, Outcomes

MANNERS = Manners(polling=POLLING, user_agent="Newsfold/test")
UNCHANGED = NotModified(validators=Validators())


class Workers(Executor):
    """An executor that answers at once, by a rule of the test's."""

    def __init__(self, answer: Callable[[Batch], Outcomes | BrokenExecutor | None]) -> None:
        """Take the rule; what it has no outcomes for stays under way for ever."""
        self._answer = answer
        self.batches: list[Batch] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401, ARG002 - Executor's own signature
        """Answer now."""
        batch: Batch = args[0]
        self.batches.append(batch)
        future: Future[Any] = Future()
        answer = self._answer(batch)
        if isinstance(answer, BrokenExecutor):
            future.set_exception(answer)
        elif answer is not None:
            future.set_result(answer)
        return future


def unchanged(batch: Batch) -> Outcomes:
    return tuple((request.spec.url, UNCHANGED) for request in batch)


def many(count: int, *, hosts: int) -> list[str]:
    return [f"https://host-{n % hosts}.example/{n}" for n in range(count)]


def opened(desk: Desk, tmp_path: Path, urls: list[str]) -> Desk:
    """Return a desk on the same store over these feeds."""
    return Desk.open(configured(tmp_path, feeds=urls), desk.db, clock=desk.clock)


def passed(
    desk: Desk,
    workers: Workers,
    *,
    stop: Event | None = None,
    meanwhile: Callable[[], None] = lambda: None,
    **rest: Any,  # noqa: ANN401 - of poll_feeds
) -> list[PollReport]:
    reports: list[PollReport] = []
    polling.poll_feeds(
        desk,
        feeds.due(desk.db, now=desk.clock()),
        executor=workers,
        manners=MANNERS,
        stop=stop or Event(),
        on_report=reports.append,
        meanwhile=meanwhile,
        **rest,
    )
    return reports


def test_every_feed_is_polled_once_in_batches_of_one_host(desk: Desk, tmp_path: Path) -> None:
    urls = many(60, hosts=7)
    workers = Workers(unchanged)

    reports = passed(opened(desk, tmp_path, urls), workers)

    assert Counter(report.feed for report in reports) == Counter(urls)
    assert len(workers.batches) == 7
    for batch in workers.batches:
        assert len({request.spec.url.split("/")[2] for request in batch}) == 1


def test_no_more_batches_than_the_bound_are_under_way(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "BATCHES_AT_ONCE", 3)
    stop = Event()
    workers = Workers(lambda _batch: None)

    passed(opened(desk, tmp_path, many(9, hosts=9)), workers, stop=stop, meanwhile=stop.set)

    assert len(workers.batches) == 3


def test_a_pass_that_is_stopped_leaves_the_rest_due(desk: Desk, tmp_path: Path) -> None:
    """One host never answers: what came is taken in, the others are as they were."""
    urls = many(4, hosts=4)
    stop = Event()

    def answer(batch: Batch) -> Outcomes | None:
        return None if batch[0].spec.url == urls[0] else unchanged(batch)

    here = opened(desk, tmp_path, urls)
    reports = passed(here, Workers(answer), stop=stop, meanwhile=stop.set)

    assert {report.feed for report in reports} == set(urls[1:])
    assert [state.url for state in feeds.due(here.db, now=NOON)] == [urls[0]]


def test_a_host_that_does_not_answer_is_left_to_the_next_pass(desk: Desk, tmp_path: Path) -> None:
    """It is not asked again meanwhile, nor are its other feeds; what it answers is taken in."""
    urls = ["https://slow.example/1", "https://slow.example/2", "https://quick.example/1"]
    here = opened(desk, tmp_path, urls)
    workers = Workers(lambda batch: unchanged(batch) if "quick" in batch[0].spec.url else None)
    under_way = polling.UnderWay()
    first = passed(here, workers, under_way=under_way, patience_s=0.2)
    assert [report.feed for report in first] == urls[2:]

    assert passed(here, workers, under_way=under_way, patience_s=0.2) == []
    assert len(workers.batches) == 2
    ((future, batch),) = under_way.feeds.items()
    future.set_result(unchanged(batch))
    third = passed(here, workers, under_way=under_way, patience_s=0.2)

    assert [report.feed for report in third] == urls[:2]
    assert under_way.is_done()


def test_the_feeds_of_a_worker_that_died_are_tried_again_later(desk: Desk, tmp_path: Path) -> None:
    urls = many(2, hosts=2)

    def answer(batch: Batch) -> Outcomes | BrokenExecutor:
        return BrokenExecutor() if batch[0].spec.url == urls[0] else unchanged(batch)

    here = opened(desk, tmp_path, urls)
    reports = {report.feed: report for report in passed(here, Workers(answer))}

    assert reports[urls[0]].outcome == "failed"
    assert "worker process" in reports[urls[0]].error
    assert reports[urls[1]].outcome == "not_modified"
    later = feeds.state(here.db, urls[0]).next_poll_at
    assert later is not None
    assert NOON < later <= NOON + timedelta(hours=2)


def test_between_the_transactions_there_is_time_for_other_things(
    desk: Desk, tmp_path: Path
) -> None:
    """`meanwhile` is called with what came stored already, so that a long pass publishes it."""
    here = opened(desk, tmp_path, many(3, hosts=3))
    seen: list[int] = []

    passed(
        here,
        Workers(lambda batch: tuple((one.spec.url, fetched(read(1))) for one in batch)),
        meanwhile=lambda: seen.append(sum(entries.feed_counts(here.db).values())),
    )

    assert seen
    assert seen[-1] == 3


def test_without_feeds_nothing_is_started(desk: Desk, tmp_path: Path) -> None:
    workers = Workers(unchanged)

    assert passed(opened(desk, tmp_path, []), workers) == []
    assert workers.batches == []
