"""A thread through the store: closed and linked in time, a new start between, told beforehand."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.model import FeedSpec
from aggregator.pipeline.correct import join_stories
from aggregator.pipeline.preview import preview
from aggregator.pipeline.take_in import Desk
from aggregator.store import stories
from aggregator.store.database import open_store
from tests.end_to_end.newsrooms import Clock
from tests.fold.threads import invented_word, report
from tests.pipeline.makers import NOON, configured, fetched, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aggregator.model import Entry, ReadEntry

DAY = timedelta(days=1)
FEEDS = [f"https://o{number}.example/feed" for number in range(9)]
OTHER_NEWS = 600


def read(entry: Entry, key: str, at: timedelta) -> ReadEntry:
    """Return an entry as a reading process gives it."""
    return told(replace(entry, key=key, guid=key, content=entry.summary, published_at=NOON + at))


def told_daily(
    folder: Path, *, days: int, after: Callable[[Desk, int], Desk] = lambda desk, _: desk
) -> Desk:
    """Take in other news, then a report on one matter each day; return the desk."""
    draw = random.Random(5)  # noqa: S311 - invention, no secret
    clock = Clock(NOON)
    config = configured(folder, feeds=[FeedSpec(url=url) for url in FEEDS])
    desk = Desk.open(config, open_store(folder / "own.db"), clock=clock)
    matters = [[invented_word(draw) for _ in range(10)] for _ in range(OTHER_NEWS)]
    news = [
        read(report(draw, matter=matter), f"news-{number}", -DAY / 2)
        for number, matter in enumerate(matters)
    ]
    desk.take_in([(FEEDS[-1], fetched(*news))])
    for day in range(days):
        clock.move(DAY)
        one = read(report(draw), f"day-{day}", (day + 0.9) * DAY)
        desk.take_in([(FEEDS[day % 8], fetched(one, etag=f'"{day}"'))])
        desk = after(desk, day)
    return desk


def chain(desk: Desk) -> list[tuple[int, str | None, str | None]]:
    """Return the thread's stories: their sizes, what they follow, what follows them."""
    found = [
        one
        for one in stories.recent(desk.db)
        if any(member.entry.key.startswith("day-") for member in one.members)
    ]
    return [
        (
            len(one.members),
            one.follows.id if one.follows else None,
            one.followed_by.id if one.followed_by else None,
        )
        for one in found
    ]


def test_a_thread_is_a_chain_and_a_new_start_changes_nothing(tmp_path: Path) -> None:
    def restarted(desk: Desk, day: int) -> Desk:
        return Desk.open(desk.config, desk.db, clock=desk.clock) if day == 3 else desk

    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    whole = told_daily(tmp_path / "one", days=9)
    halves = told_daily(tmp_path / "two", days=9, after=restarted)

    found = chain(whole)
    assert len(found) >= 2
    assert [follows is None for _, follows, _ in found] == [True, *[False] * (len(found) - 1)]
    assert found == chain(halves)
    for desk in (whole, halves):
        desk.db.close()


def test_a_preview_says_what_would_be_parted_and_why(tmp_path: Path) -> None:
    desk = told_daily(tmp_path, days=7)
    last = next(one for one in stories.recent(desk.db) if one.follows)
    assert last.follows is not None
    kept = join_stories(desk.db, last.follows.id, last.id, now=NOON + 8 * DAY)

    found = preview(desk.db, desk.config, since=NOON - DAY)

    (parting,) = [one for one in found.partings if one.story.id == kept]
    assert len(parting.parts) == 2
    assert parting.reasons == (last.follows.reason,)
    desk.db.close()
