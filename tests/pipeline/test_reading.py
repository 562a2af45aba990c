"""The reading processes: real ones, killed where a document passes the limits."""

from __future__ import annotations

import signal
import subprocess
from datetime import UTC, datetime

import pytest

from aggregator.model import Failed, FailureKind, IdScheme
from aggregator.pipeline import children, frames
from aggregator.pipeline.reader import perform
from aggregator.pipeline.reading import MEMORY_LIMIT_BYTES, Readers
from aggregator.pipeline.task import Reading, ReadTask

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour News</title>
<item><guid>a</guid><title>Bridge opens</title><description>At noon.</description></item>
</channel></rss>"""


def task(body: bytes, *, language: str = "") -> ReadTask:
    return ReadTask(
        language=language,
        body=body,
        base_url="https://news.example/feed",
        content_type="application/rss+xml",
        known=frozenset(),
        id_scheme=IdScheme.GUID,
        now=NOON,
    )


async def test_a_feed_comes_back_as_values_with_features() -> None:
    async with Readers(1) as readers:
        reading = await readers.read(task(FEED))

    assert isinstance(reading, Reading)
    assert [read.entry.title for read in reading.entries] == ["Bridge opens"]
    assert all(read.features for read in reading.entries)


ITEMS = (
    "<item><guid>{n}</guid><title>Brand in {n}</title>"
    "<description>Die Feuerwehr hat das Haus und den Hof gerettet.</description></item>"
)


@pytest.mark.parametrize(
    ("count", "known", "declared", "language"),
    [(5, "", "", "de"), (1, "de", "", "de"), (5, "", "en", "en")],
    ids=["its entries tell", "it was known", "it declares another"],
)
def test_entries_are_in_the_language_of_their_feed(
    count: int, known: str, declared: str, language: str
) -> None:
    items = "".join(ITEMS.format(n=n) for n in range(count))
    spoken = f"<language>{declared}</language>" if declared else ""
    body = f"<rss version='2.0'><channel><title>T</title>{spoken}{items}</channel></rss>"

    reading = perform(task(body.encode(), language=known))

    assert isinstance(reading, Reading)
    assert reading.feed.language == language
    assert {read.entry.language for read in reading.entries} == {language}


def test_an_entry_in_another_language_is_known_by_its_text() -> None:
    text = "The firemen have saved the house and the yard, and nobody was hurt in it."
    english = f"<item><guid>e</guid><title>Fire</title><description>{text}</description></item>"
    items = "".join(ITEMS.format(n=n) for n in range(12)) + english
    body = f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"

    reading = perform(task(body.encode()))

    assert isinstance(reading, Reading)
    assert reading.feed.language == "de"
    assert {read.entry.guid: read.entry.language for read in reading.entries}["e"] == "en"


async def test_a_document_past_the_time_limit_is_given_up_and_the_next_is_read() -> None:
    """The process is killed and replaced; the next document meets a fresh one."""
    async with Readers(1, time_limit_s=0.01) as hasty:
        given_up = await hasty.read(task(FEED))
    async with Readers(1) as readers:
        after = await readers.read(task(FEED))

    assert isinstance(given_up, Failed)
    assert given_up.kind is FailureKind.TOO_SLOW_TO_READ
    assert isinstance(after, Reading)


def test_a_reading_process_dies_of_its_time_on_the_processor() -> None:
    entry = FEED[FEED.index(b"<item>") : FEED.index(b"</channel>")]
    items = (entry.replace(b"<guid>a<", b"<guid>%d<" % number) for number in range(5_000))
    long = task(FEED.replace(entry, b"".join(items)))  # takes a second and more
    limits = (str(MEMORY_LIMIT_BYTES), "0.2")

    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [*children.command("aggregator.pipeline.reader"), *limits],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=children.environment(),
    ) as process:
        assert process.stdin
        frames.write(process.stdin, task(FEED))
        frames.write(process.stdin, long)
        assert process.stdout
        first = frames.read(process.stdout)
        code = process.wait(60)

    assert isinstance(first, Reading)
    assert code == -signal.SIGPROF


async def test_a_document_past_the_memory_limit_is_given_up_and_the_next_is_read() -> None:
    """The process dies of the limit; the same readers go on with a new one."""
    floor_bytes = 200 * 1024 * 1024  # enough to start and to read a small feed
    huge = FEED.replace(b"At noon.", b"&lt;p&gt;word&lt;/p&gt; " * 2_000_000)

    async with Readers(1, memory_limit_bytes=floor_bytes, time_limit_s=60) as readers:
        given_up = await readers.read(task(huge))
        after = await readers.read(task(FEED))

    assert isinstance(given_up, Failed)
    assert given_up.kind is FailureKind.TOO_BIG_TO_READ
    assert isinstance(after, Reading)


async def test_a_failure_of_the_document_is_a_value() -> None:
    async with Readers(1) as readers:
        outcome = await readers.read(task(b"<html><title>Log in</title></html>"))

    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.NOT_A_FEED


@pytest.mark.parametrize("limit_bytes", [MEMORY_LIMIT_BYTES])
async def test_the_limit_leaves_room_for_a_large_honest_feed(limit_bytes: int) -> None:
    items = b"".join(
        b"<item><guid>%d</guid><title>Item %d</title><description>%s</description></item>"
        % (number, number, b"word " * 400)
        for number in range(1500)
    )
    body = FEED.replace(b"</channel>", items + b"</channel>")

    async with Readers(1, memory_limit_bytes=limit_bytes) as readers:
        reading = await readers.read(task(body))

    assert isinstance(reading, Reading)
    assert len(reading.entries) == 1501
