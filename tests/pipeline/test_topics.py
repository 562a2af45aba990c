"""Which feeds can be subscribed to, and that each change is noticed once, whatever happens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Digest, Document, Format
from aggregator.pipeline.files import write_documents
from aggregator.pipeline.topics import Topics, topics_of
from aggregator.store import topics
from tests.pipeline.makers import NOON, configured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Config
    from aggregator.pipeline.take_in import Desk

PATHS = ["all.atom", "all.rss", "all.json"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path)


def write(config: Config, path: str, body: bytes) -> None:
    write_documents(Path(config.service.public_dir), [Document(path=path, body=body)])


def changes(looking: Topics) -> list[str]:
    found: list[str] = []

    def note(changed: Sequence[str]) -> None:
        found.extend(changed)

    looking.look(now=NOON, then=note)
    return found


def test_topics_are_the_feeds_by_their_public_addresses(config: Config) -> None:
    assert topics_of(config) == {f"https://news.example.org/{path}": path for path in PATHS}


def test_only_the_forms_that_are_published_are_topics(config: Config) -> None:
    digests = (Digest(name="b", title="B", formats=(Format.RSS, Format.HTML)),)

    assert list(topics_of(replace(config, digests=digests)).values()) == ["b.rss"]


def test_a_change_is_noticed_once(desk: Desk, config: Config) -> None:
    looking = Topics(config, desk.db)
    write(config, "all.atom", b"one")
    write(config, "all.html", b"page")

    assert changes(looking) == ["all.atom"]
    assert changes(looking) == []
    write(config, "all.atom", b"two")
    assert changes(looking) == ["all.atom"]


def test_a_restart_notices_what_changed_meanwhile_and_nothing_else(
    desk: Desk, config: Config
) -> None:
    for path in PATHS:
        write(config, path, b"one")
    assert changes(Topics(config, desk.db)) == PATHS

    write(config, "all.rss", b"two")

    assert changes(Topics(config, desk.db)) == ["all.rss"]


def test_a_file_written_anew_with_the_same_bytes_is_no_change(desk: Desk, config: Config) -> None:
    looking = Topics(config, desk.db)
    write(config, "all.atom", b"one")
    changes(looking)
    write(config, "all.atom", b"two")
    write(config, "all.atom", b"one")

    assert changes(looking) == []


def test_what_could_not_be_told_on_is_noticed_again(desk: Desk, config: Config) -> None:
    """The topic and what follows from its change are kept together, or not at all."""
    looking = Topics(config, desk.db)
    write(config, "all.atom", b"one")

    def fail(_changed: Sequence[str]) -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - our own, above
        looking.look(now=NOON, then=fail)

    assert changes(looking) == ["all.atom"]


def test_a_digest_that_left_the_configuration_is_forgotten(desk: Desk, config: Config) -> None:
    write(config, "all.atom", b"one")
    changes(Topics(config, desk.db))

    assert changes(Topics(replace(config, digests=()), desk.db)) == []
    assert topics.everything(desk.db) == {}
