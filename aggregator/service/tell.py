"""What the log says of feeds and digests: changes, once each. It decides nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.model import PollReport
    from aggregator.pipeline.publish import Published

log = structlog.get_logger()


@dataclass(slots=True)
class Conditions:
    """Which feeds are in trouble, so that each change is told once, not each poll."""

    troubled: set[str] = field(default_factory=set)

    def tell(self, report: PollReport) -> None:
        """Log what a poll changed: trouble, its end, or news; what changed nothing stays quiet."""
        told = asdict(report)
        if report.outcome in {"failed", "gone"}:
            if report.feed not in self.troubled:
                log.warning("feed in trouble", **told)
            self.troubled.add(report.feed)
        elif report.outcome != "deferred" and report.feed in self.troubled:
            self.troubled.discard(report.feed)
            log.info("feed works again", **told)
        elif report.new or report.updated:
            log.info("polled", **told)


def tell_published(done: Iterable[Published]) -> None:
    """Log what a pass of publishing did, where it did anything."""
    for published in done:
        if published.new or published.revised:
            log.info("published", **asdict(published))


def tell_pushed(report: PollReport) -> None:
    """Log what a push brought, where it brought anything."""
    if report.new or report.updated:
        log.info("pushed", feed=report.feed, new=report.new, updated=report.updated)
