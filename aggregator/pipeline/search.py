"""Answers readers' searches: of all that is kept, only what stood on a page or in a feed of ours.

A reader may find an entry where a digest that is configured has published its story and the
publication shows the entry, as lead or as coverage. So nothing is found that waits, was held back
or filtered, or belongs to feeds that no digest takes.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from aggregator.digest import safe, search_page, sheet
from aggregator.digest.search_page import Found, Result
from aggregator.digest.setting import setting_of
from aggregator.errors import NotFoundError, StoreError
from aggregator.model import Format
from aggregator.pipeline.clock import utc_now
from aggregator.pipeline.places import database_path
from aggregator.pipeline.sources import holds_key
from aggregator.serve.search import Question, Told
from aggregator.store import publications, search
from aggregator.store.database import open_store
from aggregator.store.search import TooLongError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from aggregator.model import Config, Digest, Mention, Publication
    from aggregator.store.database import Database
    from aggregator.store.search import Hit

RESULTS_A_PAGE = 50
MOST_HITS = 3_000  # entries that are looked at; more matches help nobody
LONGEST_S = 2.0  # for the whole search
NOTHING = "Nothing that was published here holds all of these words."
UNREADABLE = "The stories cannot be searched just now. Try again in a minute."


class Searcher:
    """Looks for words in the store, and writes what was found."""

    def __init__(
        self, config: Callable[[], Config], *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        """Take who says what the configuration is now. Nothing is opened between two searches."""
        self._config = config
        self._clock = clock

    def find(self, question: Question) -> Told:
        """Return the page, or the object, that answers the question. For any thread."""
        config = self._config()
        status = 200
        try:
            found = self._found(config, question)
        except NotFoundError as error:
            status, found = 404, _nothing(question, str(error))
        except TooLongError as error:
            status, found = 503, _nothing(question, str(error))
        except StoreError:  # its own words name paths
            status, found = 503, _nothing(question, UNREADABLE)
        if question.fault:
            status = 400
        write = self._as_json if question.as_json else self._as_page
        return Told(status=status, body=write(found, config))

    def _found(self, config: Config, question: Question) -> Found:
        digests = _asked_digests(config, question.digest)
        if question.fault or not question.words:
            return _nothing(question, question.fault)
        with (
            closing(open_store(database_path(config), read_only=True)) as db,
            search.within(db, LONGEST_S),
        ):
            look = _Look(db, digests, question.words, until_s=time.monotonic() + LONGEST_S)
            return look.page(question)

    def _as_page(self, found: Found, config: Config) -> bytes:
        return search_page.write(
            found,
            digests=[(one.name, safe.line(one.title) or one.name) for one in config.digests],
            timezone=config.digests[0].timezone if config.digests else "UTC",
            now=self._clock(),
            setting=setting_of(config.service, {}),
        )

    def _as_json(self, found: Found, config: Config) -> bytes:
        base = config.service.public_url
        after = search_page.after(found)
        told = {
            "query": found.words,
            "digest": found.digest,
            "page": found.page,
            "results": [_plain(one, base) for one in found.results],
            "next": f"{base}/{after}" if after else "",
            "note": found.note,
        }
        return json.dumps(told, ensure_ascii=False).encode()


def _plain(result: Result, base: str) -> dict[str, object]:
    at = result.published_at.isoformat()
    page = f"{base}/{result.page}" if result.page else ""
    return asdict(result) | {"published_at": at, "page": page}


def _nothing(question: Question, note: str) -> Found:
    return Found(
        words=question.words,
        digest=question.digest,
        page=question.page,
        results=(),
        has_more=False,
        note=note,
    )


def _asked_digests(config: Config, name: str) -> dict[str, Digest]:
    digests = {one.name: one for one in config.digests if name in {"", one.name}}
    if name and not digests:
        message = "There is no digest of that name here."
        raise NotFoundError(message)
    return digests


@dataclass(slots=True)
class _Look:
    """One search in one open store."""

    db: Database
    digests: dict[str, Digest]
    words: str
    until_s: float
    _read: dict[tuple[str, int], Publication | None] = field(default_factory=dict)
    _current: dict[str, frozenset[int]] = field(default_factory=dict)

    def page(self, question: Question) -> Found:
        """Return the page of results that is asked for."""
        first = (question.page - 1) * RESULTS_A_PAGE
        wanted = first + RESULTS_A_PAGE
        results: list[Result] = []
        for result in self._results():
            results.append(result)
            if len(results) > wanted:
                break
            if time.monotonic() > self.until_s:
                message = "The search took too long. Give more words, or rarer ones."
                raise TooLongError(message)
        shown = results[first:wanted]
        return Found(
            words=question.words,
            digest=question.digest,
            page=question.page,
            results=shown,
            has_more=len(results) > wanted,
            note="" if shown else NOTHING,
        )

    def _results(self) -> Iterator[Result]:
        stories = search.published(self.db, self.words, digests=self.digests, limit=MOST_HITS)
        ids = list(stories)
        for start in range(0, len(ids), RESULTS_A_PAGE):
            some = ids[start : start + RESULTS_A_PAGE]
            entry_ids = [entry_id for story_id in some for entry_id in stories[story_id]]
            hits = search.these(self.db, self.words, entry_ids)
            places = publications.places(self.db, some)
            for story_id in some:
                found = [hits[one] for one in stories[story_id] if one in hits]
                result = self._result(story_id, found, places.get(story_id, []))
                if result:
                    yield result

    def _result(
        self, story_id: str, hits: Sequence[Hit], places: Sequence[tuple[str, int]]
    ) -> Result | None:
        """Return the story by the best hit that a publication of it shows."""
        by_digest = dict(places)
        for name, digest in self.digests.items():
            story = self._story(name, by_digest.get(name), story_id)
            hit = next((one for one in hits if story and _shows(story, one)), None)
            if story and hit:
                return self._told(digest, by_digest[name], story, hit)
        return None

    def _story(self, digest: str, number: int | None, story_id: str) -> Publication | None:
        """Return the story as it is published under this number: itself, or in an edition."""
        if number is None:
            return None
        key = (digest, number)
        if key not in self._read:
            self._read[key] = publications.numbered(self.db, digest, number)
        whole = self._read[key]
        if whole is None or whole.story_id:
            return whole
        return next((one for one in whole.stories if one.story_id == story_id), None)

    def _told(self, digest: Digest, number: int, story: Publication, hit: Hit) -> Result:
        outlets = {one.outlet for one in (story.source, *story.mentions)}
        linked = replace(story, url=safe.url(hit.url) or story.url)
        return Result(
            title=safe.line(hit.title) or story.title,
            url=safe.without_feeds(linked, holds_key).url,
            outlet=safe.line(hit.outlet),
            published_at=hit.published_at or story.published_at,
            snippet=safe.line(hit.snippet),
            language=safe.language(story.language) if story.lead_id == hit.entry_id else "",
            others=len(outlets) - 1,
            story=story.story_id,
            digest=digest.name,
            digest_title=safe.line(digest.title) or digest.name,
            page=self._page(digest, number, story),
        )

    def _page(self, digest: Digest, number: int, story: Publication) -> str:
        """Return where the story stands on our pages, "" where only an archive has it."""
        whole = self._read[digest.name, number]
        if whole is not None and sheet.is_edition(whole):
            place = whole.stories.index(story) + 1
            return f"{sheet.edition_path(digest.name, number)}#story-{place}"
        if Format.HTML not in digest.formats:
            return ""
        if digest.name not in self._current:
            numbers = publications.newest_numbers(self.db, digest.name, digest.limit)
            self._current[digest.name] = numbers
        if number not in self._current[digest.name]:
            return ""
        return f"{sheet.current_path(digest.name, Format.HTML)}#story-{number}"


def _shows(story: Publication, hit: Hit) -> bool:
    return story.lead_id == hit.entry_id or any(
        _is_of(mention, hit) for mention in (story.source, *story.mentions)
    )


def _is_of(mention: Mention, hit: Hit) -> bool:
    return mention.feed_url == hit.feed_url and (
        mention.url == safe.url(hit.url) and mention.title == safe.line(hit.title)
    )
