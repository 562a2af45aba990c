from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Entry, IdScheme
from aggregator.read.identity import words_mark
from aggregator.read.renamed import (
    Kept,
    Place,
    Renaming,
    buried,
    is_another,
    is_another_at_link,
    is_older,
    likeness,
    recognise,
    text_likeness,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LONG = "The council of the harbour town met on Tuesday and agreed to open the old bridge again for carts, bicycles and people on foot."  # noqa: E501 - one text
OTHER = "A storm took the roof of the fish market in the night; nobody was hurt, and the stalls stand in the school yard until spring."  # noqa: E501 - one text
HERE, VANISHED, LEFT = Place.HERE, Place.VANISHED, Place.LEFT


def entry(
    name: str, *, link: str = "", title: str = "", text: str = "", at: datetime | None = None
) -> Entry:
    return Entry(
        key=name,
        guid=f"urn:{name}",
        url=link or f"https://a.example/{name}",
        title=title or f"Title {name}",
        content=text or f"<p>{name}: {LONG}</p>",
        published_at=at,
    )


def kept(one: Entry, place: Place = VANISHED, *, number: int = 0) -> Kept:
    return Kept(
        entry_id=number or hash(one.key) % 10_000, entry=one, place=place, words=words_mark(one)
    )


def anew(one: Entry, **changed: object) -> Entry:
    """Return an entry as it comes under another id."""
    return replace(one, key=f"new {one.key}", guid=f"new {one.guid}", **changed)  # type: ignore[arg-type]  # fields


def found(new: list[Entry], old: list[Kept], *, items: int = 10) -> Renaming:
    return recognise(new, old, item_count=items)


def paired(new: list[Entry], old: list[Kept]) -> set[str]:
    return {pair.kept.entry.key for pair in found(new, old).pairs}


A = entry("a")
SHORT = entry("s", title="Open thread", text="What is on your mind?")
TOKENED = "https://a.example/r/a8f3c2d9e1f4"
TOKENED_AGAIN = "https://a.example/r/b7e4d1c8f2a3"

# the new entry, the kept one, and whether they are one
SINGLE = {
    "same words, same link": (anew(A), kept(A), True),
    "same words, same link, away for long": (anew(A), kept(A, LEFT), True),
    "same words, same link, still in the body": (anew(A), kept(A, HERE), False),
    "same words, same guid, another link": (
        replace(A, key="new", url="https://a.example/moved"),
        kept(A, LEFT),
        True,
    ),
    "few words, links differ in tokens": (
        anew(SHORT, url=TOKENED),
        kept(replace(SHORT, url=TOKENED_AGAIN)),
        True,
    ),
    "few words, links differ in tokens, gone before": (
        anew(SHORT, url=TOKENED),
        kept(replace(SHORT, url=TOKENED_AGAIN), LEFT),
        False,
    ),
    "many words, links differ in tokens, gone before": (
        anew(A, url=TOKENED),
        kept(replace(A, url=TOKENED_AGAIN), LEFT),
        True,
    ),
    "many words, links differ in tokens, another day": (
        anew(A, url=TOKENED, published_at=NOON),
        kept(replace(A, url=TOKENED_AGAIN, published_at=NOON - DAY), LEFT),
        False,
    ),
    "few words, another link": (anew(SHORT, url="https://a.example/2"), kept(SHORT), False),
    "many words, another link, one moment": (
        anew(A, url="https://b.example/2", published_at=NOON),
        kept(replace(A, published_at=NOON), LEFT),
        True,
    ),
    "many words, another link, no date": (anew(A, url="https://b.example/2"), kept(A), False),
    "other words, same link and title": (anew(A, content=f"<p>{OTHER}</p>"), kept(A), False),
    "other words, same link, title and moment": (
        anew(A, content=f"<p>{OTHER}</p>", published_at=NOON),
        kept(replace(A, published_at=NOON)),
        True,
    ),
    "a word corrected, same link": (
        anew(A, content=A.content.replace("agreed", "decided")),
        kept(A),
        True,
    ),
    "a word corrected, same link, gone before": (
        anew(A, content=A.content.replace("agreed", "decided")),
        kept(A, LEFT),
        False,
    ),
    "a number changed, same link": (
        anew(A, content=f"<p>{LONG} 21 degrees</p>"),
        kept(replace(A, content=f"<p>{LONG} 23 degrees</p>")),
        False,
    ),
    "another heading, same link": (
        anew(A, title="Fish market without a roof"),
        kept(A),
        False,
    ),
}


@pytest.mark.parametrize(("new", "old", "one"), SINGLE.values(), ids=SINGLE.keys())
def test_one_entry_is_known_by_evidence(new: Entry, old: Kept, one: bool) -> None:  # noqa: FBT001 - a table's column
    assert bool(found([new], [old]).pairs) is one


def test_many_at_once_are_known_though_every_link_is_another() -> None:
    old = [entry(name) for name in "abc"]
    moved = [anew(one, url=f"https://new.example/{one.key}") for one in old]

    assert paired(moved, [kept(one) for one in old]) == {"a", "b", "c"}
    assert paired(moved[:2], [kept(one) for one in old]) == set()


def test_many_strangers_beside_them_speak_against_it() -> None:
    old = [entry(name) for name in "abc"]
    moved = [anew(one, url=f"https://new.example/{one.key}") for one in old]
    strangers = [entry(name) for name in "defg"]

    assert paired([*moved, *strangers], [kept(one) for one in old]) == set()


def test_words_that_stand_twice_are_no_evidence() -> None:
    twins = [replace(A, key=name, url=f"https://a.example/{name}") for name in ("x", "y")]
    told = [replace(one, key=f"n{one.key}", guid=one.key, url=TOKENED) for one in twins]

    assert paired(told, [kept(one) for one in twins]) == set()


def test_each_entry_is_in_one_pair() -> None:
    twice = [kept(A, number=1), kept(replace(A, key="again"), LEFT, number=2)]

    assert len(found([anew(A)], twice).pairs) == 1
    assert len(found([anew(A), replace(anew(A), key="third")], twice).pairs) == 2


def test_a_link_that_several_share_tells_no_edit() -> None:
    edited = anew(A, content=A.content.replace("agreed", "decided"))
    sharing = replace(entry("b"), url=A.url)

    assert paired([edited], [kept(A), kept(sharing, LEFT)]) == set()


def test_half_of_the_document_is_the_feed() -> None:
    old = [entry(name) for name in "ab"]
    new = [anew(one) for one in old]
    rows = [kept(one) for one in old]

    assert found(new, rows, items=4).is_of_feed
    assert not found(new, rows, items=5).is_of_feed
    assert not found([], rows, items=0).is_of_feed


def test_links_tell_where_they_are_the_same_in_every_pair() -> None:
    same, tokened = anew(A), anew(entry("b", link=TOKENED))
    old = [kept(A), kept(entry("b", link=TOKENED_AGAIN))]

    assert found([same], old).by_link
    assert not found([same, tokened], old).by_link


@given(st.sets(st.integers(0, 30), max_size=12), st.sets(st.integers(0, 30), max_size=12))
def test_a_pair_says_the_same_words(new: set[int], old: set[int]) -> None:
    """Whatever stands beside whatever: entries of wholly other words are never taken for one."""
    told = [anew(entry(str(n), text=f"<p>{n} {OTHER}</p>")) for n in sorted(new)]
    rows = [kept(entry(str(n), text=f"<p>{n} {OTHER}</p>"), number=n + 1) for n in sorted(old)]

    pairs = found(told, rows).pairs

    assert {pair.kept.entry_id - 1 for pair in pairs} == new & old
    assert all(pair.new.content == pair.kept.entry.content for pair in pairs)


# ------------------------------------------------------------ one key, two entries

ELSEWHERE = "https://a.example/elsewhere"
REUSED = {
    "the same link": (replace(A, title="Fish market", content=OTHER), False),
    "another link, title and text": (
        replace(A, url=ELSEWHERE, title="Fish market", content=OTHER),
        True,
    ),
    "another link, the same text": (replace(A, url=ELSEWHERE, title="Fish market"), False),
    "another link, a title alike": (
        replace(A, url=ELSEWHERE, title="Title a corrected", content=OTHER),
        False,
    ),
    "another link, title alike, another day": (
        replace(A, url=ELSEWHERE, title="Title a corrected", content=OTHER, published_at=NOON),
        True,
    ),
    "another link, another number": (
        replace(A, url=ELSEWHERE, title="Title a 2", content="Words"),
        True,
    ),
    "no link at all": (replace(A, url="", title="Fish market", content=OTHER), True),
}


@pytest.mark.parametrize(("new", "another"), REUSED.values(), ids=REUSED.keys())
def test_a_guid_that_comes_again_is_judged_by_words(new: Entry, another: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_another(new, replace(A, published_at=NOON - DAY)) is another


def test_at_one_link_both_title_and_text_have_to_differ() -> None:
    assert is_another_at_link(replace(A, title="Fish market", content=OTHER), A)
    assert is_another_at_link(replace(A, title="Fish market", content="Short"), A)
    assert not is_another_at_link(replace(A, title="Fish market"), A)
    assert not is_another_at_link(replace(A, content=OTHER), A)


def test_a_version_is_older_by_the_feeds_own_word() -> None:
    earlier, later = (replace(A, updated_at=NOON + days * DAY) for days in (0, 1))

    assert is_older(earlier, later)
    assert not is_older(later, earlier)
    assert not is_older(A, later)
    assert not is_older(later, A)


def test_likeness_is_the_share_of_common_words() -> None:
    assert likeness("", "") == 1.0
    assert likeness("a b", "c d") == 0.0
    assert likeness("The bridge opens", "the BRIDGE closes") == pytest.approx(2 / 3)
    assert likeness("橋が開通", "橋が閉鎖") == pytest.approx(0.5)


def test_little_text_cannot_be_compared() -> None:
    assert text_likeness(A, replace(A, content="Short")) is None
    assert text_likeness(A, A) == 1.0


# ------------------------------------------------------------------------ graves

NONE, BY_LINK, BY_WORDS = (False, False, False), (False, True, False), (False, False, True)
BY_TWO = (True, False, True)


@pytest.mark.parametrize(
    ("marks", "scheme", "keys"),
    [
        ([NONE, BY_TWO, BY_LINK, BY_WORDS, NONE], IdScheme.GUID, {"1"}),
        ([NONE, BY_TWO, BY_LINK, BY_WORDS, NONE], IdScheme.GUID_AND_LINK, {"1"}),
        ([NONE, BY_TWO, BY_LINK, BY_WORDS, NONE], IdScheme.LINK, {"1", "2"}),
        ([NONE, BY_TWO, BY_LINK, BY_WORDS, NONE], IdScheme.TEXT, {"1", "3"}),
        ([BY_WORDS, BY_WORDS, BY_WORDS, NONE], IdScheme.GUID, {"0", "1", "2"}),
        ([BY_WORDS, BY_WORDS, NONE], IdScheme.GUID, set()),
    ],
    ids=["guid", "guid and link", "link", "text", "many", "too few"],
)
def test_what_was_pruned_is_known_by_two_marks_or_by_the_scheme(
    marks: list[tuple[bool, bool, bool]], scheme: IdScheme, keys: set[str]
) -> None:
    entries = [replace(A, key=str(number)) for number in range(len(marks))]

    met = buried(
        entries,
        marks_met=lambda one: (*marks[int(one.key)], False),
        scheme=scheme,
        changes_ids=False,
    )

    assert met == keys


@pytest.mark.parametrize(
    ("one", "said", "changes_ids", "is_met"),
    [
        (replace(A, published_at=NOON), True, False, True),
        (replace(SHORT, published_at=NOON), True, True, False),
        (replace(A, published_at=NOON), False, True, False),
        (A, False, True, True),
        (A, False, False, False),
        (SHORT, False, True, False),
    ],
    ids=[
        *("one moment", "few words", "another moment"),
        *("no date, of a feed that changes ids", "no date", "no date, few words"),
    ],
)
def test_words_that_were_pruned_are_known_where_no_other_entry_would_say_them(
    one: Entry, *, said: bool, changes_ids: bool, is_met: bool
) -> None:
    met = buried(
        [one],
        marks_met=lambda _: (False, False, True, said),
        scheme=IdScheme.GUID,
        changes_ids=changes_ids,
    )

    assert met == ({one.key} if is_met else set())
