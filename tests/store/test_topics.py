from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aggregator.store import topics
from aggregator.store.topics import VERSIONS_KEPT, Topic

if TYPE_CHECKING:
    from tests.store.houses import House

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PATH = "all.atom"
MARKS = frozenset({b"12345678", b"abcdefgh"})


def keep(house: House, tag: str, *, path: str = PATH, marks: frozenset[bytes] = MARKS) -> None:
    topics.save(house.db, Topic(path=path, tag=tag, changed_at=NOON), marks=marks)


def test_a_topic_is_kept_as_it_was_noticed_last(house: House) -> None:
    keep(house, "one")
    keep(house, "two")

    assert topics.everything(house.db) == {PATH: Topic(path=PATH, tag="two", changed_at=NOON)}


def test_the_newest_known_version_is_found_with_its_marks(house: House) -> None:
    keep(house, "one")
    keep(house, "two", marks=frozenset({b"newer..."}))

    assert topics.newest_version(house.db, PATH, ["one", "none"]) == ("one", MARKS)
    assert topics.newest_version(house.db, PATH, ["one", "two"]) == (
        "two",
        frozenset({b"newer..."}),
    )


@pytest.mark.parametrize(("path", "tags"), [(PATH, ["none"]), (PATH, []), ("other.atom", ["one"])])
def test_an_unknown_version_is_none(house: House, path: str, tags: list[str]) -> None:
    keep(house, "one")

    assert topics.newest_version(house.db, path, tags) is None


def test_the_last_versions_are_kept_of_each_topic(house: House) -> None:
    keep(house, "0", path="other.atom")
    for number in range(VERSIONS_KEPT + 5):
        keep(house, str(number))

    assert topics.newest_version(house.db, PATH, ["4"]) is None
    assert topics.newest_version(house.db, PATH, ["5"])
    assert topics.newest_version(house.db, "other.atom", ["0"])


def test_a_version_that_comes_back_is_the_newest_again(house: House) -> None:
    for tag in ("one", "two", "one"):
        keep(house, tag)

    found = topics.newest_version(house.db, PATH, ["one", "two"])
    assert found
    assert found[0] == "one"


def test_a_document_without_entries_has_no_version(house: House) -> None:
    topics.save(house.db, Topic(path=PATH, tag="empty", changed_at=NOON), marks=None)

    assert topics.newest_version(house.db, PATH, ["empty"]) is None


def test_a_topic_is_forgotten_with_its_versions(house: House) -> None:
    keep(house, "one")

    topics.remove(house.db, PATH)

    assert topics.everything(house.db) == {}
    assert topics.newest_version(house.db, PATH, ["one"]) is None
