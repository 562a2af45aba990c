"""Which entries show in a digest and which of them leads its story.

Never changes an entry; a story comes back with fewer members or in another order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.digest.words import holds, normalise, plain
from aggregator.model import FeedSpec, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregator.model import Digest, Entry, Member, Story

# Two texts this close in length are as complete as each other; then the earlier one leads.
_TEXT_STEP = 200


def takes(digest: Digest, spec: FeedSpec) -> bool:
    """Return whether the digest carries the feed's stories: it names one of its tags, or none."""
    return not digest.tags or not set(digest.tags).isdisjoint(spec.tags)


def own_feeds(digest: Digest, specs: Iterable[FeedSpec]) -> frozenset[str]:
    """Return the URLs of the feeds whose stories the digest carries."""
    return frozenset(spec.url for spec in specs if takes(digest, spec))


def passes(entry: Entry, spec: FeedSpec) -> bool:
    """Tell whether the feed's filters let the entry through.

    Words and phrases are looked for in title, summary and categories, whatever their case, as
    whole words where the script has word boundaries. `exclude` wins; an empty `include` lets all
    through.
    """
    if not is_filtered(spec):
        return True
    include, exclude = _phrases(spec.include), _phrases(spec.exclude)
    if not include and not exclude:
        return True
    fields = [normalise(text) for text in (entry.title, entry.summary, *entry.categories)]
    if _any_holds(fields, exclude):
        return False
    return not include or _any_holds(fields, include)


def is_filtered(spec: FeedSpec) -> bool:
    """Tell whether the feed has filters, so that its entries' words matter."""
    return bool(spec.include or spec.exclude)


def _phrases(configured: Sequence[str]) -> list[str]:
    return [phrase for phrase in map(normalise, configured) if phrase]


def _any_holds(fields: Sequence[str], phrases: Sequence[str]) -> bool:
    return any(holds(field, phrase) for phrase in phrases for field in fields)


def visible(
    story: Story, *, specs: Mapping[str, FeedSpec], lead_feeds: frozenset[str]
) -> Story | None:
    """Return the story as this digest shows it, or None where it has no lead for it.

    Members that their feed's filters refuse are left out. The lead is of `lead_feeds` (the
    digest's own feeds, by URL) and not held; coverage may be of any feed.
    """
    members = tuple(m for m in story.members if passes(m.entry, _spec(specs, m)))
    if not any(_may_lead(member, lead_feeds) for member in members):
        return None
    shown = story if len(members) == len(story.members) else replace(story, members=members)
    if members[0] == story.lead and _may_lead(story.lead, lead_feeds):
        return shown
    return choose_lead(shown, specs=specs, lead_feeds=lead_feeds)


def choose_lead(
    story: Story, *, specs: Mapping[str, FeedSpec], lead_feeds: frozenset[str]
) -> Story:
    """Return the story led by its best member: those that may lead come before all others.

    Of these the greatest feed weight, then the more complete text, then the earliest, then the
    one stored first.
    """
    if len(story.members) == 1:
        return with_lead(story, story.lead.entry_id)

    def order(member: Member) -> tuple[bool, float, int, float, int]:
        at = member.entry.published_at or member.first_seen_at
        return (
            not _may_lead(member, lead_feeds),
            -_spec(specs, member).weight,
            -_completeness(member.entry),
            min(at, member.first_seen_at).timestamp(),
            member.entry_id,
        )

    return with_lead(story, min(story.members, key=order).entry_id)


def with_lead(story: Story, entry_id: int) -> Story:
    """Return the story led by this entry; unchanged where the entry is not (or no longer) in it.

    The former lead becomes to the new one what the new one was to it.
    """
    chosen = next((m for m in story.members if m.entry_id == entry_id), None)
    if chosen is None:
        return story
    if len(story.members) == 1 and chosen.relation is Relation.LEAD:
        return story
    former = Relation.COVERAGE if chosen.relation is Relation.LEAD else chosen.relation
    others = tuple(
        replace(m, relation=former) if m.relation is Relation.LEAD else m
        for m in story.members
        if m.entry_id != entry_id
    )
    lead = replace(chosen, relation=Relation.LEAD)
    return replace(story, members=(lead, *others))


def _may_lead(member: Member, lead_feeds: frozenset[str]) -> bool:
    return member.feed_url in lead_feeds and not member.held


def _spec(specs: Mapping[str, FeedSpec], member: Member) -> FeedSpec:
    """Return the feed's rules; a feed that is no longer configured has none."""
    return specs.get(member.feed_url) or FeedSpec(url=member.feed_url)


def _completeness(entry: Entry) -> int:
    """Return how much text there is, in steps, so that a few characters decide nothing."""
    return max(len(plain(entry.content)), len(entry.summary)) // _TEXT_STEP
