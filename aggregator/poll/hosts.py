"""Which host a feed is asked at, and when a whole host is left alone. Pure."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from aggregator.model import Failed, FailureKind, FeedState, Outcome, Polling, PollRequest
from aggregator.poll.address import is_local_host
from aggregator.poll.waits import HOST_PAUSE, MAX_RETRY_AFTER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

DEFAULT_PORTS = {"http": 80, "https": 443}
FORBIDDEN = 403  # Reddit's way to say "too often", without Retry-After
REFUSED_IN_ONE_PASS = 2  # feeds of a host in a row: no longer one feed's own trouble
# Of one feed that was readable before, the refusals in a row that count against its host. The first
# may be a slip; one that lasts beyond these is the feed's own, and its neighbours go on.
REFUSED_IN_A_ROW = range(2, 4)


def asked_url(state: FeedState) -> str:
    """Return the address that the feed is asked at."""
    return state.moved_to or state.url


def host_of(url: str) -> str:
    """Return "host:port" in lower case, with the scheme's port where none is written.

    A URL without a host stands for itself.
    """
    parts = split(url)
    if parts is None or not parts.hostname:
        return url
    host = parts.hostname.rstrip(".")
    with suppress(UnicodeError):  # no name that DNS knows: it stays as it is written
        host = host.encode("idna").decode("ascii")
    bracketed = f"[{host}]" if ":" in host else host
    return f"{bracketed}:{parts.port or DEFAULT_PORTS.get(parts.scheme, 0)}"


def split(url: str) -> SplitResult | None:
    """Return the URL's parts, or None where it or its port is no good."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked only when it is asked for
    except ValueError:
        return None
    return parts


def is_public(url: str) -> bool:
    """Return whether the URL names a host of the public internet, as far as its spelling tells."""
    parts = split(url)
    return bool(parts and parts.hostname and not is_local_host(parts.hostname))


def group_by_host(requests: Sequence[PollRequest]) -> list[tuple[PollRequest, ...]]:
    """Return the requests in one group for each host, groups and members in the order given."""
    groups: dict[str, list[PollRequest]] = {}
    for request in requests:
        groups.setdefault(host_of(request.url), []).append(request)
    return [tuple(group) for group in groups.values()]


def refusals(outcomes: Iterable[Outcome]) -> int:
    """Return how many of a host's outcomes, the last ones and in a row, are refusals (403)."""
    count = 0
    for outcome in outcomes:
        count = count + 1 if is_refusal(outcome) else 0
    return count


def is_refusal(outcome: Outcome) -> bool:
    """Return whether a server forbade the poll without a word on when to come again."""
    return (
        isinstance(outcome, Failed)
        and outcome.status == FORBIDDEN
        and not outcome.freshness.retry_after
    )


def host_pause(  # noqa: PLR0913 - the outcome, and what was met before it
    url: str,
    outcome: Outcome,
    *,
    now: datetime,
    polling: Polling,
    state: FeedState | None = None,
    refused_before: int = 0,
) -> datetime | None:
    """Return until when the whole host of the URL asked is left alone, None where it need not be.

    Only a public host's: behind a private address, one server's word must not stop its neighbours.
    `state` is the feed's before the poll, `refused_before` the `refusals` of its host so far.
    """
    if not isinstance(outcome, Failed) or not is_public(url):
        return None
    limited = outcome.kind is FailureKind.RATE_LIMITED
    forbidding = outcome.status == FORBIDDEN and bool(outcome.freshness.retry_after)
    if not (limited or forbidding or _is_rate_limit(outcome, state, refused_before)):
        return None
    asked = outcome.freshness.retry_after or max(
        min(HOST_PAUSE, polling.max_interval), polling.min_interval
    )
    return now + min(asked, MAX_RETRY_AFTER)


def _is_rate_limit(outcome: Failed, state: FeedState | None, refused_before: int) -> bool:
    """Return whether a refusal is the host's rather than one feed's."""
    if not is_refusal(outcome):
        return False
    if refused_before + 1 >= REFUSED_IN_ONE_PASS:
        return True
    return (
        state is not None
        and state.last_fetched_at is not None
        and state.failures + 1 in REFUSED_IN_A_ROW
    )
