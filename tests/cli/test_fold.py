from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Desk


def joined(desk: Desk) -> str:
    """Join the two stories that have nothing in common; return the id that stays."""
    ids = [story["id"] for story in desk.json("stories")]
    (told,) = desk.json("join", *ids[:2])
    return str(told["story"])


def test_without_preview_it_says_how_folding_goes(polled: Desk) -> None:
    result = polled.run("fold")

    assert result.exit_code == 1
    assert "newsfold fold --preview" in result.stderr


def test_a_bad_window_is_told_with_the_mend(polled: Desk) -> None:
    result = polled.run("fold", "--preview", "--window", "soon")

    assert result.exit_code == 1
    assert "no span of time" in result.stderr
    assert "1h30m" in result.stderr


def test_the_settings_as_they_are_change_nothing(polled: Desk) -> None:
    (told,) = polled.json("fold", "--preview")

    assert told["stories"] == told["stories_then"] > 0
    assert told["unions"] == told["partings"] == []


@pytest.mark.parametrize("option", ["--coverage", "--no-coverage"])
def test_what_would_part_is_shown_and_nothing_is_changed(polled: Desk, option: str) -> None:
    story = joined(polled)
    before = polled.run("stories").stdout

    text = polled.run("fold", "--preview", option, "--window", "48h").stdout
    (told,) = polled.json("fold", "--preview", option)

    assert f"{story} would part into 2" in text
    assert ("copies only" in text) is (option == "--no-coverage")
    assert [parting["story"]["id"] for parting in told["partings"]] == [story]
    assert told["stories_then"] == told["stories"] + 1
    assert polled.run("stories").stdout == before
