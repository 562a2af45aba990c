"""What a digest says, what its subscribers ask, and what a person is told of a poll."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aggregator.model.folded import Relation
from aggregator.model.read import Enclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A story's member as a digest lists it: who says it, where."""

    outlet: str
    title: str
    url: str
    feed_url: str
    site_url: str = ""
    relation: Relation = Relation.COVERAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A sentence of one outlet, word for word, that others of the story say as well."""

    text: str
    outlet: str
    url: str
    others: int  # how many other outlets say it


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What the lead changed when `updated_at` last moved."""

    at: datetime
    former_title: str = ""  # "" where the title stayed
    added: tuple[str, ...] = ()  # sentences that are new
    removed: int = 0  # how many sentences are gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One entry of a digest as it stands published: a story, or a whole edition.

    Everything a document says of it is in here, so documents are rendered from publications alone.
    """

    digest: str
    number: int  # counts up from 1 in each digest, never used twice
    id: str  # the Atom id, for ever
    story_id: str  # "" for an edition
    title: str
    url: str
    html: str  # the entry's body in the feeds: sanitised, what Newsfold says around it
    summary: str
    source: Mention  # the lead; for an edition, the digest itself
    mentions: tuple[Mention, ...]  # the other members
    published_at: datetime
    updated_at: datetime
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    image: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    rank: float = 0.0  # for order = "top"
    points: tuple[Point, ...] = ()  # what its outlets agree on
    correction: Correction | None = None
    continues: Mention | None = None  # the story that this one follows, where that was closed
    stories: tuple[Publication, ...] = ()  # an edition's own stories, in order
    lead_span: tuple[int, int] = (0, 0)  # where in `html` the lead's own text stands
    lead_hash: bytes = b""  # of the lead's words, to tell a real change
    lead_id: int = 0  # the store's id of the entry that leads it here, for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The span that an edition covers: from `since_at` (first seen, exclusive) to `until_at`."""

    digest: str
    due_at: datetime
    since_at: datetime | None
    until_at: datetime
    catch_up: bool = False  # more than one set time was missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that stands on pages: our own copy of an outlet's."""

    path: str  # below public_dir, or a whole address of the web
    width: int = 0  # pixels; 0 where it is not known
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed that a digest takes, as anyone may see it."""

    title: str
    feed_url: str
    site_url: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRequest:
    """What a subscriber asks of our own hub (WebSub section 5.1), "" where absent."""

    mode: str
    topic: str
    callback: str = field(repr=False)
    secret: str = field(repr=False)
    lease_seconds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file to publish: its path below public_dir and its bytes."""

    path: str
    body: bytes


PollOutcomeName = Literal["fetched", "not_modified", "failed", "gone", "deferred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """What a poll of one feed came to: a row of `newsfold poll`, a line of its JSON."""

    feed: str
    outcome: PollOutcomeName
    new: int = 0
    updated: int = 0
    error: str = ""
    seconds: float = 0.0
