"""Feed readers that nobody here wrote see every story exactly once, whatever happens meanwhile.

One service runs through all rounds, in a process of its own; every reader follows it in every form
that it takes. The rounds are in `tests/readers/rounds.py`. docs/READERS.md tells of the readers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end import published, soundness
from tests.end_to_end.web import serve_web
from tests.readers.clients import FORMS, KINDS, Sfeed
from tests.readers.rounds import CORRECTED, HEADLINE, ROUNDS, WALKED, play
from tests.readers.scene import OUTLETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.readers.rounds import Key, Seen

pytestmark = pytest.mark.slow

ROUND_NAMES = tuple(one.name for one in ROUNDS)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Play all rounds once, with every reader that this machine has."""
    folder = tmp_path_factory.mktemp("readers")
    with serve_web(hosts=len(OUTLETS)) as web:
        result = play(folder, web, [name for name, kind in KINDS.items() if not kind.missing])
        yield result
        result.service.runner.end_all()


@pytest.fixture(params=FORMS, ids="-".join)
def key(request: pytest.FixtureRequest) -> Key:
    """Hand out each reader and form; skip where this machine does not have the reader."""
    key: Key = request.param
    if missing := KINDS[key[0]].missing:
        pytest.skip(f"{key[0]} is not on this machine: {missing}")
    return key


def test_enough_readers_took_part(seen: Seen) -> None:
    """A machine on which nothing could be installed still has two."""
    assert {"reader", "feedparser"} <= {name for name, _ in seen.clients}


def test_each_round_shows_its_new_stories_and_nothing_else(seen: Seen, key: Key) -> None:
    """Coverage, corrections, restarts, other ids and pruning make nothing unread again."""
    labels = seen.service.outlets.labels
    shown = [labels(one.title for one in news[key]) for news in seen.news]

    assert dict(zip(ROUND_NAMES, shown, strict=True)) == {
        one.name: Counter(one.new) for one in ROUNDS
    }


def test_in_the_end_every_story_was_seen_exactly_once(seen: Seen, key: Key) -> None:
    outlets, kept = seen.service.outlets, seen.clients[key].everything()

    published.assert_once([one.id for one in kept])
    assert outlets.labels(one.title for one in kept) == Counter([*outlets.titles])


def test_all_forms_and_readers_agree_on_the_ids(seen: Seen) -> None:
    """Whoever changes the reader or the form meets no story under another id."""
    label_of = seen.service.outlets.label_of
    ids = defaultdict(set)
    for client in seen.clients.values():
        for one in client.everything():
            ids[label_of(one.title)].add(one.id)

    assert {label: some for label, some in ids.items() if len(some) != 1} == {}


def test_a_correction_is_shown_in_its_place(seen: Seen) -> None:
    """`reader` keeps an entry's newest words: those of the correction, which it does not unread."""
    for form in ("atom", "rss", "json"):
        titles = [one.title for one in seen.clients["reader", form].everything()]

        assert titles.count(HEADLINE) == 1, form


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_sfeed_keeps_one_line_a_story_and_one_more_for_a_new_headline(
    seen: Seen, form: str
) -> None:
    """Its table has a line for each id, title and link: a corrected headline is all that adds."""
    client = seen.clients.get(("sfeed", form))
    if not isinstance(client, Sfeed):
        pytest.skip(f"sfeed is not on this machine: {Sfeed.missing}")

    lines = seen.service.outlets.labels(one.title for one in client.lines())
    assert lines == Counter([*seen.service.outlets.titles, CORRECTED])


@pytest.mark.parametrize("form", WALKED)
def test_who_was_away_finds_everything_in_the_archives(seen: Seen, form: str) -> None:
    """RFC 5005: back from the current document to what is known, over HTTP, each story once."""
    outlets, absent = seen.service.outlets, seen.absent[form]
    assert outlets.labels(absent.before) == Counter(ROUNDS[0].new)

    assert outlets.labels([*absent.before, *absent.after]) == Counter([*outlets.titles])


def test_the_rounds_were_what_they_say(seen: Seen) -> None:
    """Entries changed their ids, some were pruned, one was shown again; all is sound after it."""
    store = seen.service.store

    assert soundness.count(store, "renamings") == 2
    assert soundness.count(store, "tombstones") > 0
    assert soundness.count(store, "archives") >= 2
    soundness.assert_sound(store)
