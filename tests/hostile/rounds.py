"""A round: the good feeds alone, then with every case, as often as the cases ask; what came of it.

`play` runs the real program on real files; `judging` tells what is wrong.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from tests.end_to_end import harm
from tests.hostile import judging
from tests.hostile.ground import WITH_SECRETS, Setting, judge, write_config
from tests.hostile.judging import Met
from tests.hostile.passes import Pass, ask, entries_by_feed, poll_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.hostile.ground import Case

MAX_GROWTH_BYTES = 32 * 2**20  # of the main process
SHOWN_BYTES = 2_000  # of standard error, where it says something
MANY = 50  # good feeds; of fewer, a percentile says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What came of a round."""

    met: dict[str, Met]
    faults: dict[str, list[str]]  # by case; those of the round as a whole under ""
    seconds: tuple[float, ...]  # of each pass
    delay_s: float = 0.0  # of good feeds, 99 of 100 are below
    growth_bytes: int = 0
    passes: tuple[Pass, ...] = field(repr=False, default=())

    @property
    def is_sound(self) -> bool:
        """Return whether nothing is wrong."""
        return not any(self.faults.values())


def play(folder: Path, setting: Setting, cases: Sequence[Case], *, run_name: str) -> Round:
    """Poll the good feeds alone, then everything, then again what has to be polled again."""
    alone_folder, folder = folder / "alone", folder / "beside"
    alone_folder.mkdir()
    folder.mkdir()
    alone = poll_all(write_config(alone_folder, setting, hostile={})) if setting.good else None
    urls = {case.name: setting.server.url(case.name, run_name=run_name) for case in cases}
    passes, met = _polled(folder, setting, cases, urls=urls)
    found = {case.name: judging.faults(case, met[case.name]) for case in cases}
    delay_s = _delay_s(alone, passes[0], setting.good) if alone else 0.0
    growth = passes[0].peak_bytes - alone.peak_bytes if alone else 0
    found[""] = [
        *_pass_faults(passes),
        *_good_faults(passes, setting.good),
        *_bound_faults(delay_s, growth, limit_s=setting.manners.delay_s),
        *_trespasses(setting),
        *published_faults(folder / "public"),
    ]
    return Round(
        met=met,
        faults=found,
        seconds=tuple(each.seconds for each in passes),
        delay_s=delay_s,
        growth_bytes=growth,
        passes=tuple(passes),
    )


def _polled(
    folder: Path, setting: Setting, cases: Sequence[Case], *, urls: dict[str, str]
) -> tuple[list[Pass], dict[str, Met]]:
    """Make as many passes as the cases ask for, each over the cases that ask for it."""
    passes: list[Pass] = []
    listed: dict[str, dict[str, Any]] = {}
    for number in range(max(case.polls for case in cases)):
        asked = {case.name: urls[case.name] for case in cases if case.polls > number}
        config = write_config(folder, setting, hostile=asked)
        passes.append(poll_all(config))
        listed.update({feed["url"]: feed for feed in ask(config, "feeds")})
    stored = entries_by_feed(ask(config, "stories"))
    met = {
        name: Met(
            polls=tuple(each.told.get(url) for each in passes),
            stored=tuple(stored.get(url, ())),
            feed=listed.get(url, {}),
        )
        for name, url in urls.items()
    }
    return passes, met


def _delay_s(alone: Pass, beside: Pass, good: Sequence[str]) -> float:
    """Return how much later 99 of 100 good feeds were told than when they were alone."""
    delays = sorted(
        beside.told[url].at_s - alone.told[url].at_s
        for url in good
        if url in beside.told and url in alone.told
    )
    return delays[math.ceil(0.99 * len(delays)) - 1] if delays else math.inf


def _pass_faults(passes: Sequence[Pass]) -> Iterator[str]:
    for number, each in enumerate(passes, 1):
        if each.code or each.errors:
            yield f"pass {number}: exit code {each.code}, {each.errors[-SHOWN_BYTES:]!r}"
        for command in each.left_behind:
            yield f"pass {number} left a process behind: {command[:100]}"


def _good_faults(passes: Sequence[Pass], good: Sequence[str]) -> Iterator[str]:
    for number, each in enumerate(passes, 1):
        silent = [url for url in good if url not in each.told]
        refused = [each.told[url] for url in good if url in each.told]
        refused = [told for told in refused if told.outcome not in judging.TAKEN]
        if silent:
            yield f"pass {number}: {len(silent)} good feeds were not told of"
        if refused:
            yield f"pass {number}: {len(refused)} good feeds failed: {refused[0].error}"


def _bound_faults(delay_s: float, growth_bytes: int, *, limit_s: float) -> Iterator[str]:
    if delay_s > limit_s:
        yield f"good feeds were told {delay_s:.1f} s later than alone (99 of 100 are below)"
    if growth_bytes > MAX_GROWTH_BYTES:
        yield f"the main process grew by {growth_bytes / 2**20:.0f} MB more than with good feeds"


def _trespasses(setting: Setting) -> Iterator[str]:
    """Return what reached the second port; one feed may, but without what it keeps secret."""
    for hit in setting.server.trespasses():
        if hit["tag"] != f"headers:{WITH_SECRETS}":
            yield f"{hit['tag']} reached {hit['path']}"
        elif "s3cret" in str(hit["headers"]):
            yield f"headers were given to another origin: {sorted(hit['headers'])}"


def published_faults(public: Path) -> list[str]:
    """Return what is unsound or alive in the published files."""
    found = []
    for path in sorted(public.rglob("*")):
        body = path.read_bytes() if path.is_file() else b""
        try:
            if path.suffix in {".atom", ".rss"}:
                ET.fromstring(body)  # noqa: S314 - our own output
            if path.suffix == ".json":
                json.loads(body)
        except ValueError as error:
            found.append(f"{path.name} is ill-formed: {error}")
        except ET.ParseError as error:
            found.append(f"{path.name} is ill-formed: {error}")
        if judging.SECRET.encode() in body:
            found.append(f"{path.name} holds {judging.SECRET}")
    if found:
        return found  # what is ill-formed or stolen needs no other judge
    try:
        harm.assert_harmless(public, "hostile", live=judge() or _nothing)
    except AssertionError as error:
        found.append(f"harm was published: {str(error)[:500]}")
    return found


def _nothing(_html: str) -> list[str]:
    return []
