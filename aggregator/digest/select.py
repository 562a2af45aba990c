"""Which entries show in a digest and which of them leads its story.

Never changes an entry; a story comes back with fewer members or in another order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aggregator.digest.filters import Subject, first_fit
from aggregator.digest.words import plain
from aggregator.model import FeedSpec, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregator.model import Digest, Entry, Member, Story

# Two texts this close in length are as complete as each other; then the earlier one leads.
_TEXT_STEP = 200


def takes(digest: Digest, spec: FeedSpec) -> bool:
    """Return whether the digest carries the feed's stories: it names one of its tags, or none."""
    return not digest.tags or not set(digest.tags).isdisjoint(spec.tags)


def own_feeds(digest: Digest, specs: Iterable[FeedSpec]) -> frozenset[str]:
    """Return the URLs of the feeds whose stories the digest carries."""
    return frozenset(spec.url for spec in specs if takes(digest, spec))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a story shows in a digest, and why (not)."""

    shown: Story | None  # as the digest shows it
    reason: str


def is_filtered(digest: Digest, spec: FeedSpec) -> bool:
    """Tell whether the digest or the feed has filters, so that the feed's entries matter."""
    return bool(digest.include or digest.exclude or spec.include or spec.exclude)


def visible(
    story: Story, digest: Digest, *, specs: Mapping[str, FeedSpec], lead_feeds: frozenset[str]
) -> Story | None:
    """Return the story as this digest shows it, or None where it does not; see `judge`."""
    return judge(story, digest, specs=specs, lead_feeds=lead_feeds).shown


def judge(
    story: Story, digest: Digest, *, specs: Mapping[str, FeedSpec], lead_feeds: frozenset[str]
) -> Verdict:
    """Return how this digest shows the story, None where it has no lead for it, and why.

    Members that their feed's filters or the digest's `exclude` refuse are left out; with
    `include`, the digest wants a member that fits one of them. The lead is of `lead_feeds` (the
    digest's own feeds, by URL) and not held; coverage may be of any feed.
    """
    if not (judged := _judged(story, digest, specs)):
        return _without_filters(story, specs=specs, lead_feeds=lead_feeds, reason="no filter")
    members = tuple(one.subject.member for one in judged if not one.refusal)
    if not members:
        return Verdict(shown=None, reason=judged[0].refusal)
    reason = "no filter refuses it"
    if digest.include:
        wanted = (first_fit(digest.include, one.subject) for one in judged if not one.refusal)
        fit = next(filter(None, wanted), None)
        if fit is None:
            return Verdict(shown=None, reason=f"no include of digest {digest.name} fits")
        reason = f'include "{fit}" of digest {digest.name}'
    left = story if len(members) == len(story.members) else replace(story, members=members)
    found = _without_filters(left, specs=specs, lead_feeds=lead_feeds, reason=reason)
    refused = next((one.refusal for one in judged if one.refusal), "")
    return found if found.shown else Verdict(shown=None, reason=refused or found.reason)


@dataclass(frozen=True, slots=True)
class _Judged:
    subject: Subject
    refusal: str  # which filter refuses it; "" for none


def _judged(story: Story, digest: Digest, specs: Mapping[str, FeedSpec]) -> list[_Judged]:
    """Return what filters say of each member; nothing where there is no filter."""
    pairs = [(member, _spec(specs, member)) for member in story.members]
    if not any(is_filtered(digest, spec) for _, spec in pairs):
        return []
    outlets = len({member.outlet for member in story.members})
    subjects = (Subject(member=member, spec=spec, outlets=outlets) for member, spec in pairs)
    return [_Judged(subject, _refusal(subject, digest)) for subject in subjects]


def _refusal(subject: Subject, digest: Digest) -> str:
    """Return which filter refuses the entry, in words; "" for none. `exclude` wins."""
    spec, outlet = subject.spec, subject.member.outlet
    if fit := first_fit(spec.exclude, subject):
        return f'exclude "{fit}" of feed {outlet}'
    if fit := first_fit(digest.exclude, subject):
        return f'exclude "{fit}" of digest {digest.name}'
    if spec.include and not first_fit(spec.include, subject):
        return f"no include of feed {outlet} fits"
    return ""


def _without_filters(
    story: Story, *, specs: Mapping[str, FeedSpec], lead_feeds: frozenset[str], reason: str
) -> Verdict:
    """Return the story under a lead that may lead it here."""
    lead = story.lead  # the first of those left, where the lead was refused
    if lead.relation is Relation.LEAD and _may_lead(lead, lead_feeds):
        return Verdict(shown=story, reason=reason)
    if not any(_may_lead(member, lead_feeds) for member in story.members):
        own = any(member.feed_url in lead_feeds for member in story.members)
        why = "an older entry of a new feed" if own else "no entry of the digest's feeds"
        return Verdict(shown=None, reason=why)
    return Verdict(shown=choose_lead(story, specs=specs, lead_feeds=lead_feeds), reason=reason)


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
