"""What folding sees and decides, and the stories that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.read import Entry


class Relation(StrEnum):
    """What an entry is to its story."""

    LEAD = "lead"
    COPY = "copy"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An entry as folding sees it. `entry_id` is the store's."""

    entry_id: int
    feed_id: int
    feed_url: str
    key: str
    guid: str
    url: str
    at: datetime  # published where plausible, else first seen
    seen_at: datetime | None = None  # when it was first seen; None: as it was published
    features: bytes
    coverage: bool = True  # False: this entry may fold as a copy only
    met_url: str = ""  # where the entry's link led when its page was fetched
    bare_url: str = ""  # the one form of its address without what its host changes at each fetch
    tokens: tuple[str, ...] = ()  # what was taken off for that, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """A story goes on where an earlier one is closed, with the reason in words."""

    story_id: str
    follows_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The entry begins a story of its own."""

    story_id: str
    entry_id: int
    follows: tuple[Follows, ...] = ()  # what the entry shows of stories that go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The entry joins a story, with the reason in words and a score from 0 to 1."""

    story_id: str
    entry_id: int
    relation: Relation
    reason: str
    score: float
    witness_id: int  # the member that it was matched with
    follows: tuple[Follows, ...] = ()  # as of Started


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Two stories prove to be one; the older id stays."""

    kept_id: str
    absorbed_id: str
    relation: Relation  # what the absorbed story's lead becomes
    reason: str
    score: float


StoryUpdate = Started | Joined | Merged | Follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """How long a story is by what is no copy, and which earlier one it follows."""

    story_id: str
    first_at: datetime
    last_at: datetime
    follows_id: str = ""  # "" for none


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRef:
    """A story that another one is linked to, as it is named there."""

    id: str
    title: str  # its lead's
    url: str
    reason: str  # why they are linked


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An entry in its story, with the feed that it came from."""

    entry_id: int
    feed_id: int
    feed_url: str
    outlet: str  # the feed's title, the person's own where configured
    site_url: str
    entry: Entry
    first_seen_at: datetime
    last_seen_at: datetime
    relation: Relation
    reason: str
    score: float
    held: bool = False  # an old entry of a new feed: kept and folded, never published by itself
    witness_id: int = 0  # the entry that it was matched with, which may be gone; 0 for none


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Entries that are copies or coverage of each other, with one lead (members[0])."""

    id: str
    first_seen_at: datetime
    members: tuple[Member, ...]
    follows: StoryRef | None = None  # the earlier story that it goes on from
    followed_by: StoryRef | None = None

    @property
    def lead(self) -> Member:
        """Return the member that speaks for the story."""
        return self.members[0]
