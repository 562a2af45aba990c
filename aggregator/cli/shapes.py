"""Values as the JSON of the commands: the names here are a contract, see docs/COMMANDS.md."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from aggregator.cli.output import moment, moment_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.digest.rank import Ranking
    from aggregator.model import Clutter, FeedSpec, Member, Problem, Publication, Story
    from aggregator.pipeline.choice import Choice
    from aggregator.pipeline.preview import Preview
    from aggregator.store.health import FeedHealth, Health, PushHealth
    from aggregator.store.search import Hit


def of_story(story: Story) -> dict[str, object]:
    """Return a story with its members: a line of `newsfold stories --json`."""
    lead = story.lead
    return {
        "id": story.id,
        "title": lead.entry.title,
        "url": lead.entry.url,
        "first_seen_at": moment(story.first_seen_at),
        "lead": {"feed": lead.feed_url, "id": lead.entry.guid},
        "entries": [_of_member(member, story) for member in story.members],
        "follows": story.follows.id if story.follows else None,
        "followed_by": story.followed_by.id if story.followed_by else None,
    }


def witness_of(member: Member, story: Story) -> Member | None:
    """Return the member that this one was matched with, None where it is in the story no more."""
    found = (one for one in story.members if one.entry_id == member.witness_id)
    return next(found, None)


def _of_member(member: Member, story: Story) -> dict[str, object]:
    witness = witness_of(member, story)
    return {
        "feed": member.feed_url,
        "id": member.entry.guid,
        "url": member.entry.url,
        "title": member.entry.title,
        "published_at": moment_or_none(member.entry.published_at),
        "relation": member.relation.value,
        "reason": member.reason,
        "score": round(member.score, 4),
        "with": witness.entry_id if witness else None,
    }


def of_explained(
    story: Story, published: Sequence[Publication], rankings: Mapping[str, Ranking]
) -> dict[str, object]:
    """Return a story with the numbers to split it by and where it is published: `why --json`."""
    told = of_story(story)
    entries = [{"number": member.entry_id, **_of_member(member, story)} for member in story.members]
    digests = [
        {
            "digest": each.digest,
            "id": each.id,
            "published_at": moment(each.published_at),
            "rank": _of_ranking(rankings[each.digest]),
        }
        for each in published
    ]
    why = story.follows.reason if story.follows else ""
    return {**told, "entries": entries, "digests": digests, "follows_reason": why}


def _of_ranking(ranking: Ranking) -> dict[str, object]:
    return {
        "score": ranking.score,
        "importance": round(ranking.importance, 6),
        "half_lives": round(ranking.half_lives, 6),
        "voices": [
            {
                "outlet": voice.outlet,
                "weight": voice.weight,
                "share": voice.share,
                "delay_s": round(voice.delay.total_seconds()),
                "worth": round(voice.worth, 6),
            }
            for voice in ranking.voices
        ],
    }


def of_feed(spec: FeedSpec, health: FeedHealth) -> dict[str, object]:
    """Return a listed feed with its health: a line of `newsfold feeds --json`."""
    told = of_health(health)
    return {**told, "title": spec.title or told["title"], "tags": list(spec.tags)}


def of_health(feed: FeedHealth) -> dict[str, object]:
    """Return the health of a feed: an element of `feeds` in `newsfold status --json`."""
    state = feed.state
    return {
        "url": state.url,
        "title": state.title,
        "condition": feed.condition,
        "error": state.error,
        "failures": state.failures,
        "failing_since_at": moment_or_none(state.failing_since_at),
        "last_polled_at": moment_or_none(state.last_polled_at),
        "last_fetched_at": moment_or_none(state.last_fetched_at),
        "next_poll_at": moment_or_none(state.next_poll_at),
        "left_alone_until_at": moment_or_none(state.left_alone_until_at),
        "moved_to": state.moved_to,
        "redirect_to": state.redirect_to,
        "hint": state.hint,
        "rhythm_s": round(state.rhythm.total_seconds()) if state.rhythm else None,
        "id_scheme": state.id_scheme.value,
        "id_reason": state.id_reason,
        "entries": feed.entries,
        "newest_entry_at": moment_or_none(feed.newest_entry_at),
        "push": _of_push(feed.push) if feed.push else None,
    }


def _of_push(push: PushHealth) -> dict[str, object]:
    return {
        "standing": push.standing,
        "pending": push.is_pending,
        "lease_until_at": moment_or_none(push.lease_until_at),
        "next_try_at": moment_or_none(push.next_try_at),
        "pushed_at": moment_or_none(push.pushed_at),
        "pushes": push.pushes,
        "ignored": push.ignored,
        "error": push.error,
    }


def of_status(told: Health) -> dict[str, object]:
    """Return everything that `newsfold status` knows."""
    return {
        "feeds": [of_health(feed) for feed in told.feeds],
        "unlisted_feeds": told.unlisted_feeds,
        "entries": told.entries,
        "stories": told.stories,
        "copies": told.copies,
        "coverage": told.coverage,
        "digests": [
            {
                "name": digest.digest,
                "publications": digest.publications,
                "newest_at": moment_or_none(digest.newest_at),
            }
            for digest in told.digests
        ],
        "pings": [
            {
                "hub": hub.hub,
                "waiting": hub.waiting,
                "failures": hub.failures,
                "next_try_at": moment_or_none(hub.next_try_at),
                "told_at": moment_or_none(hub.told_at),
                "error": hub.error,
            }
            for hub in told.pings
        ],
        "hub": {
            "subscribers": sum(host.subscribers for host in told.subscribers),
            "failing": sum(host.failing for host in told.subscribers),
            "hosts": [
                asdict(host) | {"delivered_at": moment_or_none(host.delivered_at)}
                for host in told.subscribers
            ],
        },
        "database_bytes": told.database_bytes,
        "schema_version": told.schema_version,
    }


def of_hit(hit: Hit) -> dict[str, object]:
    """Return an entry that was found: a line of `newsfold search --json`."""
    return {
        "story": hit.story_id,
        "title": hit.title,
        "url": hit.url,
        "outlet": hit.outlet,
        "feed": hit.feed_url,
        "published_at": moment_or_none(hit.published_at),
        "first_seen_at": moment(hit.first_seen_at),
        "snippet": hit.snippet,
    }


def of_problem(problem: Problem) -> dict[str, object]:
    """Return a problem with its place: a line of `newsfold check --json`."""
    return asdict(problem)


def of_warning(problem: Problem) -> dict[str, object]:
    """Return a warning with its place: a line of `newsfold check --json`."""
    return of_problem(problem) | {"warning": True}


def of_choice(choice: Choice) -> dict[str, object]:
    """Return a digest's verdict on a story: a line of `newsfold check --preview --json`."""
    return {
        "story": choice.story.id,
        "title": choice.story.lead.entry.title,
        "outlet": choice.story.lead.outlet,
        "in": choice.is_in,
        "why": choice.reason,
        "published": choice.is_published,
    }


def of_clutter(found: Clutter) -> dict[str, object]:
    """Return one thing that a feed repeats around its articles."""
    return {"text": found.text, "entries": found.entries, "mark": f"{found.mark:016x}"}


def of_preview(found: Preview) -> dict[str, object]:
    """Return what other folding settings would do."""
    return {
        "entries": found.entries,
        "stories": found.stories,
        "stories_then": found.stories_then,
        "unions": [
            {
                "stories": [of_story(story) for story in union.stories],
                "reasons": list(union.reasons),
            }
            for union in found.unions
        ],
        "partings": [
            {
                "story": of_story(parting.story),
                "parts": [[member.entry_id for member in part] for part in parting.parts],
                "reasons": list(parting.reasons),
            }
            for parting in found.partings
        ],
    }
