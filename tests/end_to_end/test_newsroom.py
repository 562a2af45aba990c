"""The bundled newsroom through the whole house, round by round: what the product promises of it.

The house is closed and opened again between the rounds, so every round is a restart as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from aggregator.demo.newsroom import Newsroom
from aggregator.demo.server import Running, serve
from aggregator.demo.settings import configuration
from aggregator.demo.values import GOOD_KINDS, Kind
from aggregator.pipeline.house import House
from aggregator.store import stories
from tests.end_to_end import published
from tests.end_to_end.newsrooms import Clock, load, public_of, store_of, take_round
from tests.end_to_end.soundness import assert_sound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aggregator.model import Config, Member, PollReport, Story

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROUNDS = 4
DIGEST = "all"
LEAST_RECALL = 0.95  # 0.97 to 0.99 of pairs, by the order in which the outlets answered
LEAST_PRECISION = 0.95  # 0.96 to 1.00
READABLE = GOOD_KINDS | {Kind.HOSTILE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round came to."""

    reports: list[PollReport]
    told: dict[str, published.Told]  # by id, archives included
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The whole run: the rounds, and the stories as they are kept at its end."""

    running: Running
    configuration: Config
    rounds: list[Round]
    again: Round  # a last pass on unchanged feeds, after another restart
    stories: list[Story]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Run the newsroom through its rounds, once for all tests here."""
    folder, clock = tmp_path_factory.mktemp("newsroom"), Clock(NOW)
    with serve(Newsroom(NOW)) as running:
        path = folder / "newsfold.toml"
        path.write_text(configuration(running, folder, listen="127.0.0.1:8080"), "utf-8")
        loaded = load(path)
        rounds = [_round(loaded, clock)]
        for _ in range(1, ROUNDS):
            running.advance()
            clock.move(timedelta(minutes=3))
            rounds.append(_round(loaded, clock))
        clock.move(timedelta(minutes=3))
        again = _round(loaded, clock)
        with House.open(loaded, clock=clock) as house:
            kept = list(stories.recent(house.desk.db))
        yield Seen(running=running, configuration=loaded, rounds=rounds, again=again, stories=kept)


def _round(loaded: Config, clock: Clock) -> Round:
    public = public_of(loaded)
    with House.open(loaded, clock=clock) as house:
        reports = take_round(house)
    told = {one.id: one for one in published.everything(public, DIGEST)}
    return Round(reports=reports, told=told, files=published.files(public))


# ------------------------------------------------------------------- the folding


def _labelled(seen: Seen) -> dict[int, tuple[str, str]]:
    """Return each kept entry's story and true label, by entry id."""
    truth = seen.running.newsroom.truth()
    return {
        member.entry_id: (story.id, _label(truth, member))
        for story in seen.stories
        for member in story.members
    }


def _label(truth: Mapping[tuple[str, str], str], member: Member) -> str:
    path, link = urlsplit(member.feed_url).path, urlsplit(member.entry.url)
    bare = link.path + (f"?{link.query}" if link.query else "")
    return truth[path, member.entry.guid or bare]


def _pairs(groups: Mapping[int, str]) -> set[tuple[int, int]]:
    by_group: dict[str, list[int]] = {}
    for entry_id, group in groups.items():
        by_group.setdefault(group, []).append(entry_id)
    return {pair for ids in by_group.values() for pair in combinations(sorted(ids), 2)}


def _told_and_true(seen: Seen) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Return the pairs that were folded and those that belong together."""
    labelled = _labelled(seen)
    told = _pairs({entry_id: story for entry_id, (story, _) in labelled.items()})
    return told, _pairs({entry_id: label for entry_id, (_, label) in labelled.items()})


def test_what_belongs_together_folds(seen: Seen) -> None:
    told, true = _told_and_true(seen)

    assert len(true) > 300
    assert len(told & true) / len(true) >= LEAST_RECALL
    assert len(told & true) / len(told) >= LEAST_PRECISION


def test_nothing_folds_that_does_not_belong_together(seen: Seen) -> None:
    """A wrong merge is worse than a missed one: here, where the truth is known, there is none."""
    told, true = _told_and_true(seen)
    labelled = _labelled(seen)

    wrong = {tuple(sorted(labelled[entry_id][1] for entry_id in pair)) for pair in told - true}
    assert wrong == set()


def test_every_merge_has_its_reason_and_score(seen: Seen) -> None:
    others = [member for story in seen.stories for member in story.members[1:]]

    assert len(others) > 100
    assert all(member.reason and 0 < member.score <= 1 for member in others)


def test_every_entry_of_every_readable_feed_stands_in_exactly_one_story(seen: Seen) -> None:
    """Also the one that left, the one with a new guid, and those without date or guid."""
    newsroom = seen.running.newsroom
    expected = {
        (outlet.path, entry.label)
        for outlet in newsroom.outlets
        if outlet.kind in GOOD_KINDS
        for number in range(ROUNDS)
        for entry in newsroom.entries(outlet, round=number)
    }
    members = [member for story in seen.stories for member in story.members]
    truth = newsroom.truth()
    kept = {(urlsplit(member.feed_url).path, _label(truth, member)) for member in members}

    assert expected <= kept
    assert len({member.entry_id for member in members}) == len(members)
    assert_sound(store_of(seen.configuration))


# -------------------------------------------------------------------- the digest


def test_each_story_is_told_once_over_all_rounds(seen: Seen) -> None:
    """The digest of everything names every story, under one id each, and nothing else."""
    ids = [one.rpartition(":")[2] for one in seen.again.told]

    published.assert_once(ids)
    assert set(ids) == {story.id for story in seen.stories}


def test_an_id_once_published_stays(seen: Seen) -> None:
    for earlier, later in zip(seen.rounds, [*seen.rounds[1:], seen.again], strict=True):
        assert earlier.told.keys() <= later.told.keys()


def test_every_round_brings_its_news(seen: Seen) -> None:
    for earlier, later in zip(seen.rounds, seen.rounds[1:], strict=False):
        assert later.told.keys() - earlier.told.keys()


def test_unchanged_feeds_leave_every_byte_as_it_was(seen: Seen) -> None:
    """Also over a restart: the last pass found nothing and wrote nothing else."""
    assert {report.outcome for report in seen.again.reports} == {"not_modified", "failed"}
    assert seen.again.files == seen.rounds[-1].files


def test_updated_moves_for_the_correction_and_for_nothing_else(seen: Seen) -> None:
    """Coverage that joins later, a new guid, a guid gone https: no reader sees them as unread."""
    moved = {
        (number, later.told[name].url)
        for number, (earlier, later) in enumerate(
            zip(seen.rounds, seen.rounds[1:], strict=False), 1
        )
        for name in earlier.told
        if later.told[name].updated != earlier.told[name].updated
    }
    (corrected,) = (
        entry
        for outlet in seen.running.newsroom.outlets
        for entry in seen.running.newsroom.entries(outlet, round=2)
        if entry.updated_at is not None
    )
    (story,) = (
        story
        for story in seen.stories
        if any(urlsplit(m.entry.url).path == corrected.link for m in story.members)
    )
    leads = urlsplit(story.lead.entry.url).path == corrected.link

    assert moved == ({(2, story.lead.entry.url)} if leads else set())


def test_coverage_that_comes_later_is_added_to_the_story(seen: Seen) -> None:
    grown = [
        name
        for earlier, later in zip(seen.rounds, seen.rounds[1:], strict=False)
        for name in earlier.told
        if set(later.told[name].links) > set(earlier.told[name].links)
        or len(later.told[name].content) > len(earlier.told[name].content)
    ]

    assert len(grown) >= 3


def test_nothing_undated_or_from_the_future_sticks_on_top(seen: Seen) -> None:
    """After a round, what the round brought stands above the entry dated 400 days ahead."""
    first, last = seen.rounds[0].told, seen.rounds[-1].told
    order = [one.id for one in published.current(public_of(seen.configuration), DIGEST)]
    places = {name: place for place, name in enumerate(order)}
    newest = max(places[name] for name in last.keys() - first.keys())
    oldest_above = min(places[name] for name in first)

    assert newest < oldest_above
    assert all(one.published <= NOW.isoformat() for one in first.values())


# --------------------------------------------------------------------- the feeds


def test_trouble_is_told_of_its_own_feed_and_stops_no_other(seen: Seen) -> None:
    kinds = {outlet.path: outlet.kind for outlet in seen.running.newsroom.outlets}
    outcomes = {urlsplit(one.feed).path: one.outcome for one in seen.rounds[0].reports}

    assert len(outcomes) == len(kinds)
    for path, kind in kinds.items():
        expected = {Kind.GONE: "gone", Kind.HTML: "failed", Kind.TRUNCATED: "failed"}
        assert outcomes[path] == expected.get(kind, "fetched"), path


def test_an_outlet_that_is_gone_is_never_asked_again(seen: Seen) -> None:
    asked = [one for one in seen.running.log if one.outlet == "farewell"]

    assert [one.status for one in asked] == [410]


def test_each_round_asks_each_feed_once_with_its_validators(seen: Seen) -> None:
    gone = next(o for o in seen.running.newsroom.outlets if o.kind is Kind.GONE)
    for outlet in seen.running.newsroom.outlets:
        asked = [one for one in seen.running.log if one.outlet == outlet.name]
        if outlet == gone:
            continue

        assert len(asked) == ROUNDS + 1
        assert "if-none-match" not in asked[0].headers
        if outlet.kind in READABLE:
            assert all(one.headers.get("if-none-match") for one in asked[1:])
