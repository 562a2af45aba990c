"""The reading process: one body in, one `ReadFeed` with features out, under a memory limit.

It is meant to be killed: it holds nothing, opens nothing, and a document that drives it too far
takes only itself down. `reading.Reader` is its other end.
"""

from __future__ import annotations

import gc
import resource
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aggregator.fold.features import describe, told_language, usual_language
from aggregator.model import Failed, FailureKind, ReadEntry
from aggregator.pipeline import frames
from aggregator.pipeline.task import PageReading, PageTask, Reading, ReadTask
from aggregator.read.clutter import learn
from aggregator.read.feed import read
from aggregator.read.fulltext import as_read, read_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.model import Entry

EXIT_OUT_OF_MEMORY = 77  # any number that Python itself does not exit with


def perform(task: ReadTask) -> Reading | Failed:
    """Read the body and describe its entries."""
    feed = read(
        task.body,
        base_url=task.base_url,
        content_type=task.content_type,
        known=task.known,
        id_scheme=task.id_scheme,
        now=task.now,
    )
    if isinstance(feed, Failed):
        return feed
    reading, bare = Reading(feed=feed, entries=()), feed.entries
    if task.pieces is not None and bare:
        learned = learn(task.pieces, bare, known=task.clutter)
        reading = replace(reading, pieces=learned.memory, clutter=learned.found)
        bare = learned.entries
    language = feed.language or usual_language(bare) or task.language
    entries = tuple(
        _described(entry, without, language)
        for entry, without in zip(feed.entries, bare, strict=True)
    )
    return replace(reading, feed=replace(feed, language=language, entries=()), entries=entries)


def _described(entry: Entry, without: Entry, usual: str) -> ReadEntry:
    """Return an entry described without clutter, in the language that it or its feed tells."""
    language = entry.language or told_language(without, usual)
    features = describe(replace(without, language=language))
    return ReadEntry(entry=replace(entry, language=language), features=features)


def perform_page(task: PageTask) -> PageReading:
    """Find the page's text and describe the entry by it."""
    page = read_page(task.body, url=task.url, content_type=task.content_type, entry=task.entry)
    features = describe(as_read(task.entry, page.content)) if page.content else None
    return PageReading(page=page, features=features)


def attempt(task: ReadTask | PageTask) -> Reading | PageReading | Failed:
    """Read the body; a bug of ours becomes a failure of this one feed, with its name.

    The boundary of a job: whatever a document provokes must not reach another feed.
    """
    try:
        return perform_page(task) if isinstance(task, PageTask) else perform(task)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the job boundary
        return Failed(
            kind=FailureKind.INTERNAL,
            message=f"reading this feed met a fault of Newsfold ({error!r}). "
            "Please report it with the feed's address",
        )


def serve(answer: Callable[[Any], object]) -> None:
    """Answer tasks from standard input until it closes.

    argv: the limits of address space in bytes, and of the processor's time for a task in seconds,
    past which the process dies of SIGPROF. A clock would punish a document for a busy machine.
    """
    memory_bytes, task_s = int(sys.argv[1]), float(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    gc.freeze()  # what was imported stays; collecting it again costs 5 ms a document
    try:
        while True:
            task = frames.read(sys.stdin.buffer)
            signal.setitimer(signal.ITIMER_PROF, task_s)
            answered = answer(task)
            signal.setitimer(signal.ITIMER_PROF, 0)
            frames.write(sys.stdout.buffer, answered)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except MemoryError:
        sys.exit(EXIT_OUT_OF_MEMORY)


def main() -> None:
    """Serve the tasks of `reading`."""
    serve(attempt)
