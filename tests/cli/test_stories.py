from __future__ import annotations

import math
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.cli.stories import parse_since
from aggregator.errors import UsageError
from aggregator.model import Follows, Joined, Relation, Started
from aggregator.store import entries, threads
from aggregator.store import stories as kept
from aggregator.store.database import open_store, transaction

if TYPE_CHECKING:
    from typing import Any

    from tests.cli.conftest import Desk, Web

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def bridge_of(desk: Desk) -> dict[str, Any]:
    """Return the story that two outlets told."""
    return next(line for line in desk.json("stories") if line["title"] == "Bridge opens")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("36h", NOON - timedelta(hours=36)),
        (" 3D ", NOON - timedelta(days=3)),
        ("2w", NOON - timedelta(weeks=2)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T10:00:00+02:00", datetime(2026, 11, 24, 8, tzinfo=UTC)),
    ],
)
def test_since_is_a_span_or_a_date(text: str, expected: datetime) -> None:
    assert parse_since(text, now=NOON) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "3y", "-1h", "99999999999w", "2026-13-01", "٣d"])
def test_since_refuses_what_is_neither(text: str) -> None:
    with pytest.raises(UsageError, match=r"give a span \(36h, 3d, 2w\) or a date"):
        parse_since(text, now=NOON)


def test_stories_as_json_keep_their_contract(polled: Desk, web: Web) -> None:
    story = bridge_of(polled)

    assert list(story) == [
        "id", "title", "url", "first_seen_at", "lead", "entries", "follows", "followed_by"
    ]  # fmt: skip
    assert story["follows"] is story["followed_by"] is None
    assert story["url"] == "https://post.example/bridge"
    assert [entry["relation"] for entry in story["entries"]] == ["lead", "copy"]
    copy = story["entries"][1]
    assert list(copy) == [
        "feed", "id", "url", "title", "published_at", "relation", "reason", "score", "with"
    ]  # fmt: skip
    assert {entry["feed"] for entry in story["entries"]} == {
        web.url("/post.xml"),
        web.url("/herald.xml"),
    }
    assert story["lead"] == {key: story["entries"][0][key] for key in ("feed", "id")}
    assert copy["reason"]
    assert 0 < copy["score"] <= 1


def test_stories_for_people_show_members_with_reasons(polled: Desk) -> None:
    story = bridge_of(polled)

    text = polled.run("stories").stdout

    assert f"{story['id']}  " in text
    assert story["entries"][1]["reason"] in text
    assert "https://herald.example/bridge" in text


def test_since_leaves_out_what_is_older(polled: Desk) -> None:
    assert len(polled.json("stories", "--since", "1h")) == 2
    assert polled.json("stories", "--since", "2999-01-01") == []


def test_a_digest_has_the_stories_of_its_feeds(polled: Desk, web: Web) -> None:
    text = (
        polled.path.read_text("utf-8")
        .replace('["all"]', '["herald"]', 2)
        .replace('["herald"]', '["all"]', 1)
    )
    polled.path.write_text(text + '[[digests]]\nname = "one"\ntags = ["herald"]\n', "utf-8")
    polled.run("publish")

    titles = [line["title"] for line in polled.json("stories", "--digest", "one")]

    assert titles == ["Bridge opens"]


def test_an_unknown_digest_is_told_with_the_known_ones(polled: Desk) -> None:
    result = polled.run("stories", "--digest", "nix")

    assert result.exit_code == 1
    assert "There is no digest 'nix'. The configuration has: news." in result.stderr


def test_why_tells_reasons_places_and_how_to_undo(polled: Desk) -> None:
    story = bridge_of(polled)

    text = polled.run("why", "https://herald.example/bridge").stdout

    assert text.startswith(story["id"])
    assert "in digest news since " in text
    assert "for good: newsfold split " in text


def test_why_as_json_has_numbers_and_digests(polled: Desk) -> None:
    story = bridge_of(polled)

    (told,) = polled.json("why", story["id"][:6])

    assert told["id"] == story["id"]
    numbers = [entry["number"] for entry in told["entries"]]
    assert all(isinstance(number, int) for number in numbers)
    assert [entry["with"] for entry in told["entries"]] == [None, numbers[0]]
    assert [each["digest"] for each in told["digests"]] == ["news"]


def test_a_member_names_whom_it_was_matched_with_unless_that_leads(polled: Desk) -> None:
    story = bridge_of(polled)
    apples = "https://post.example/apples"
    with closing(open_store(next(polled.folder.rglob("newsfold.db")))) as db:
        third = entries.find(db, apples)
        witness = entries.find(db, "https://herald.example/bridge")
        update = Joined(
            story_id=story["id"], entry_id=third, relation=Relation.COPY, reason="same text",
            score=1.0, witness_id=witness,
        )  # fmt: skip
        with transaction(db):
            kept.apply(db, [update], now=NOON)

    text = polled.run("why", apples).stdout

    assert f"copy [{third}] Post with [{witness}] (1.00): same text" in text
    assert text.count(" with [") == 1
    assert [each["with"] for each in bridge_of(polled)["entries"]].count(witness) == 1


@pytest.mark.parametrize("command", ["why", "why --clutter", "split", "search", "join 3erqd2bx"])
def test_what_is_no_utf_8_names_nothing(polled: Desk, command: str) -> None:
    result = polled.run(*command.split(), "caf\udcff")

    assert result.exit_code == (command != "search")
    assert "Traceback" not in result.output
    assert result.output


def test_why_takes_an_entrys_number(polled: Desk) -> None:
    (told,) = polled.json("why", bridge_of(polled)["id"])

    (again,) = polled.json("why", str(told["entries"][1]["number"]))

    assert again == told


def test_a_story_that_goes_on_is_told_with_both_ends(polled: Desk) -> None:
    earlier, later = (line["id"] for line in polled.json("stories"))
    link = Follows(story_id=later, follows_id=earlier, reason="it went on for too long")
    with closing(open_store(next(polled.folder.rglob("newsfold.db")))) as db, transaction(db):
        threads.follow(db, [Started(story_id=later, entry_id=0, follows=(link,))], now=NOON)

    (first, second) = polled.json("stories")
    (told,) = polled.json("why", later)

    assert (first["follows"], first["followed_by"]) == (None, later)
    assert (second["follows"], second["followed_by"]) == (earlier, None)
    assert told["follows_reason"] == link.reason
    assert f"follows {earlier}: {first['title']}" in polled.run("why", later).stdout
    assert f"followed by {later}: " in polled.run("why", earlier).stdout


def test_an_unknown_reference_says_where_to_look(polled: Desk) -> None:
    result = polled.run("why", "https://a.example/nix")

    assert result.exit_code == 1
    assert "`newsfold search WORDS`" in result.stderr


def test_split_and_join_are_undone_by_each_other(polled: Desk) -> None:
    story = bridge_of(polled)

    (split,) = polled.json("split", "https://herald.example/bridge")
    apart = {line["id"] for line in polled.json("stories") if line["title"] == "Bridge opens"}
    result = polled.run("join", split["story"], story["id"])

    assert apart == {story["id"], split["story"]}
    assert result.stdout.startswith(f"They are one story now: {story['id']}.")
    assert len(bridge_of(polled)["entries"]) == 2


def test_what_was_split_stays_apart(polled: Desk) -> None:
    polled.run("split", "https://herald.example/bridge")

    polled.run("poll", "--all")

    assert len(bridge_of(polled)["entries"]) == 1


def test_what_stands_alone_cannot_be_split(polled: Desk) -> None:
    result = polled.run("split", "https://post.example/apples")

    assert result.exit_code == 1
    assert "there is nothing to split" in result.stderr


def test_a_story_cannot_be_joined_to_itself(polled: Desk) -> None:
    story = bridge_of(polled)["id"]

    assert polled.run("join", story, story).exit_code == 1


def test_search_finds_words_and_beginnings(polled: Desk) -> None:
    hits = polled.json("search", "apple", "harv")

    assert [hit["url"] for hit in hits] == ["https://post.example/apples"]
    assert "https://post.example/apples" in polled.run("search", "apple").stdout
    assert polled.run("search", "zeppelin").stdout == "Nothing was found.\n"
    assert len(polled.json("search", "bridge", "--limit", "1")) == 1


def test_why_shows_the_sum_that_the_rank_comes_of(polled: Desk) -> None:
    story = bridge_of(polled)

    (told,) = polled.json("why", story["id"])
    text = polled.run("why", story["id"]).stdout

    (rank,) = (each["rank"] for each in told["digests"])
    assert rank["importance"] == pytest.approx(sum(voice["worth"] for voice in rank["voices"]))
    assert rank["score"] == pytest.approx(math.log2(rank["importance"]) + rank["half_lives"])
    assert f"rank in digest news: {rank['score']:.2f} = log2({rank['importance']:.2f})" in text
    for voice in rank["voices"]:
        assert f"{voice['worth']:5.2f}  {voice['outlet']}, weight 1" in text


def test_why_of_two_entries_says_what_holds_them_together_or_apart(polled: Desk) -> None:
    story = bridge_of(polled)
    together = [entry["url"] for entry in story["entries"]]
    (apart,) = (
        each["entries"][0]["url"] for each in polled.json("stories") if each["id"] != story["id"]
    )

    (same,) = polled.json("why", *together[:2])
    (unlike,) = polled.json("why", together[0], apart)
    shown = polled.run("why", together[0], apart)

    assert same["explanation"].startswith("in one story; ")
    assert unlike["explanation"].startswith("in two stories; ")
    assert len(set(unlike["entries"])) == 2
    assert shown.stdout == f"{unlike['explanation']}.\n"
