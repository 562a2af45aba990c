"""What `newsfold status` says of WebSub: feeds that are pushed, hubs that are told, subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.cli.output import local, say, sentence
from aggregator.cli.table import print_table

if TYPE_CHECKING:
    from aggregator.store.health import FeedHealth, Health, PushHealth
    from aggregator.store.pings import HubReport
    from aggregator.store.subscribers import HostReport


def show(told: Health) -> None:
    """Print a table of each kind of which there is anything to tell."""
    _show_feeds([feed for feed in told.feeds if feed.push])
    _show_hubs(told.pings)
    _show_subscribers(told.subscribers)


def _show_feeds(feeds: list[FeedHealth]) -> None:
    if not feeds:
        return
    say()
    print_table(
        ("push", "lease until", "last push", "feed"),
        [_feed_row(feed, feed.push) for feed in feeds if feed.push],
        notes=[sentence(feed.push.error) if feed.push else "" for feed in feeds],
        note="push",
    )


def _feed_row(feed: FeedHealth, push: PushHealth) -> tuple[str, ...]:
    standing = f"{push.standing}, asked" if push.is_pending else push.standing
    return standing, local(push.lease_until_at), local(push.pushed_at), feed.state.url


def _show_hubs(hubs: tuple[HubReport, ...]) -> None:
    if not hubs:
        return
    say()
    print_table(
        ("told last", "to tell", "next try", "hub"),
        [(local(one.told_at), str(one.waiting), local(one.next_try_at), one.hub) for one in hubs],
        notes=[sentence(one.error) for one in hubs],
        note="hubs",
    )


def _show_subscribers(hosts: tuple[HostReport, ...]) -> None:
    if not hosts:
        return
    say()
    print_table(
        ("subscribers", "failing", "delivered last", "host"),
        [
            (str(one.subscribers), str(one.failing), local(one.delivered_at), one.host)
            for one in hosts
        ],
        notes=[sentence(one.error) for one in hosts],
        note="hub",
    )
