from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Enclosure, Entry, IdScheme
from aggregator.read.identity import (
    MAX_KEY_CHARS,
    content_hash,
    entry_key,
    folded_guid,
    keyed,
    lower,
    plain_link,
    settle,
    telling_guid,
    words_mark,
    words_of,
)

if TYPE_CHECKING:
    import random

PAGE = "https://harbour.example/1"


def key(
    guid: str = "",
    url: str = "",
    title: str = "",
    content: str = "",
    *,
    scheme: IdScheme = IdScheme.GUID,
) -> str:
    return entry_key(scheme, entry(guid, url, title, content))


def entry(guid: str = "", url: str = "", title: str = "", content: str = "") -> Entry:
    return Entry(key="", guid=guid, url=url, title=title, content=content)


def test_a_guid_is_the_key_whatever_else_changes() -> None:
    assert key("urn:1", PAGE, "a", "b") == key("urn:1", "https://x.example/2", "c", "d") == "urn:1"


def test_a_missing_guid_gives_way_to_the_link() -> None:
    assert key("", PAGE, "a") == key("", PAGE, "b") == PAGE


def test_without_guid_and_link_the_text_decides() -> None:
    assert key(title="a", content="b") == key(title="a", content="b")
    assert key(title="a", content="b") != key(title="a", content="c")
    assert key(title="ab", content="c") != key(title="a", content="bc")


def test_http_and_https_are_one_guid_and_one_link() -> None:
    assert key("http://harbour.example/1") == key("HTTPS://harbour.example/1")
    assert key("", "http://harbour.example/1") == key("", PAGE)


@pytest.mark.parametrize("guid", ["N/A", "none", " NULL ", "-", "http://"])
def test_a_guid_that_says_nothing_counts_as_missing(guid: str) -> None:
    assert key(guid, PAGE) == PAGE


def test_a_guid_that_counts_positions_is_joined_with_the_link() -> None:
    """Tomorrow's entry 1 must not overwrite today's."""
    assert key("1", PAGE) != key("1", "https://harbour.example/2")
    assert key("1", PAGE, "a") == key("1", PAGE, "b")


def test_a_link_to_the_home_page_tells_nothing() -> None:
    assert key("", "https://harbour.example/", "a") != key("", "https://harbour.example/", "b")


def test_the_second_scheme_joins_guid_and_link() -> None:
    both = IdScheme.GUID_AND_LINK

    assert key("urn:1", PAGE, scheme=both) == f"urn:1\n{PAGE}"
    assert key("urn:1", "", "a", scheme=both) != key("urn:1", "", "b", scheme=both)
    assert key("", PAGE, scheme=both) == PAGE


def test_the_third_scheme_ignores_guids() -> None:
    assert key("a", PAGE, scheme=IdScheme.LINK) == key("b", PAGE, scheme=IdScheme.LINK) == PAGE


@given(
    st.text(max_size=2_000), st.text(max_size=900), st.text(max_size=20), st.sampled_from(IdScheme)
)
def test_every_key_is_bounded_and_never_empty(
    guid: str, url: str, title: str, scheme: IdScheme
) -> None:
    assert 0 < len(key(guid, url, title, scheme=scheme)) <= MAX_KEY_CHARS


def test_long_guids_stay_apart() -> None:
    assert key("x" * 9_000 + "1") != key("x" * 9_000 + "2")


def test_distinct_guids_keep_the_first_scheme() -> None:
    scheme, entries = settle([entry("a", PAGE, "t"), entry("b", PAGE, "t")], IdScheme.GUID)

    assert scheme is IdScheme.GUID
    assert [one.key for one in entries] == ["a", "b"]


REPEATED = {
    "another link": (entry("a", PAGE, "t"), entry("a", "https://harbour.example/2", "t")),
    "another title": (entry("a", PAGE, "t"), entry("a", PAGE, "u")),
    "no titles, another text": (entry("a", PAGE, "", "x"), entry("a", PAGE, "", "y")),
    "one guid that says nothing": (entry("N/A", "", "t"), entry("N/A", "", "u")),
}


@pytest.mark.parametrize(("first", "second"), REPEATED.values(), ids=REPEATED.keys())
def test_a_guid_repeated_for_different_entries_moves_the_scheme(
    first: Entry, second: Entry
) -> None:
    scheme, entries = settle([first, second], IdScheme.GUID)

    assert scheme is IdScheme.GUID_AND_LINK
    assert len({one.key for one in entries}) == 2


def test_the_same_entry_twice_is_one_entry() -> None:
    twice = [entry("a", PAGE, "t", "old words"), entry("a", "http://harbour.example/1", "t", "new")]

    scheme, entries = settle(twice, IdScheme.GUID)

    assert scheme is IdScheme.GUID
    assert [one.content for one in entries] == ["old words"]


def test_a_link_repeated_by_entries_without_guid_takes_the_title_along() -> None:
    scheme, entries = settle([entry("", PAGE, "t"), entry("", PAGE, "u")], IdScheme.GUID)

    assert scheme is IdScheme.GUID
    assert [one.key for one in entries] == [f"{PAGE}\nt", f"{PAGE}\nu"]


def test_a_scheme_is_never_moved_back_up() -> None:
    scheme, entries = settle([entry("a", PAGE), entry("b", PAGE)], IdScheme.GUID_AND_LINK)

    assert scheme is IdScheme.GUID_AND_LINK
    assert entries[0].key == f"a\n{PAGE}"


@given(
    st.lists(st.tuples(*[st.sampled_from(["", "a", "1", "N/A", PAGE])] * 3), max_size=8),
    st.randoms(use_true_random=False),
)
def test_position_never_matters_and_keys_are_unique(
    rows: list[tuple[str, ...]], chance: random.Random
) -> None:
    entries = [entry(*row) for row in rows]
    shuffled = entries.copy()
    chance.shuffle(shuffled)

    scheme, settled = settle(entries, IdScheme.GUID)
    other_scheme, other = settle(shuffled, IdScheme.GUID)

    keys = [one.key for one in settled]
    assert len(set(keys)) == len(keys)
    assert (scheme, set(keys)) == (other_scheme, {one.key for one in other})


def test_a_guid_is_compared_folded() -> None:
    assert folded_guid("  a\n b ") == "a b"


def test_the_fourth_scheme_knows_words_alone() -> None:
    text = IdScheme.TEXT
    same = key("a", PAGE, "t", "<p>x  y</p>", scheme=text)

    assert same == key("b", "https://x.example/2", " t ", "<div>x <b>y</b></div>", scheme=text)
    assert same != key("a", PAGE, "t", "<p>x z</p>", scheme=text)
    assert same != key("a", PAGE, "u", "<p>x y</p>", scheme=text)


def test_a_key_by_words_is_that_of_the_words_as_the_feed_told_them() -> None:
    told = entry("", "", "t", "<p>teaser</p>")
    told = replace(told, content_hash=content_hash(told))
    completed = replace(told, content="<p>the whole text of its page</p>")

    assert entry_key(IdScheme.TEXT, completed) == entry_key(IdScheme.TEXT, told)
    assert words_of(completed) == words_mark(told)


LONG = "<p>" + "many words " * 20 + "</p>"


def listened(url: str) -> Entry:
    return replace(entry("", PAGE, "Daily"), enclosures=(Enclosure(url=url),))


SAME_WORDS = {
    "a link in the text": (
        entry("", PAGE, "t", f'{LONG}<a href="https://a.example/x?token=abc">more</a>'),
        entry("", PAGE, "t", f'{LONG}<a href="https://a.example/x?token=xyz">more</a>'),
    ),
    "an address among the words": (
        entry("", PAGE, "t", f"{LONG} https://a.example/x?sid=1"),
        entry("", PAGE, "t", f"{LONG} https://a.example/x?sid=2"),
    ),
    "a picture's token": (
        entry("", PAGE, "t", '<img src="https://a.example/1.png?itok=abc">'),
        entry("", PAGE, "t", '<img src="https://a.example/1.png?itok=xyz">'),
    ),
    "http and https": (entry("", PAGE, "t"), entry("", PAGE.replace("https", "http"), "t")),
    "a session": (entry("", f"{PAGE};jsessionid=1", "t"), entry("", f"{PAGE};jsessionid=2", "t")),
    "a signed file": (
        listened("https://a.example/1.mp3?signature=abc"),
        listened("https://a.example/1.mp3?signature=xyz"),
    ),
}


@pytest.mark.parametrize(("first", "second"), SAME_WORDS.values(), ids=SAME_WORDS.keys())
def test_tokens_are_no_content(first: Entry, second: Entry) -> None:
    assert words_mark(first) == words_mark(second)
    assert content_hash(first) == content_hash(second)


OTHER_WORDS = {
    "another title": (entry("", PAGE, "t"), entry("", PAGE, "u")),
    "another text": (entry("", PAGE, "t", "<p>x</p>"), entry("", PAGE, "t", "<p>y</p>")),
    "another picture under few words": (
        entry("", PAGE, "Comic", '<img src="https://a.example/2026-11-24.png"> Enjoy'),
        entry("", PAGE, "Comic", '<img src="https://a.example/2026-11-25.png"> Enjoy'),
    ),
    "another episode": (
        listened("https://a.example/1.mp3"),
        listened("https://a.example/2.mp3"),
    ),
    "nothing but a link": (entry("", "https://a.example/1"), entry("", "https://a.example/2")),
}


@pytest.mark.parametrize(("first", "second"), OTHER_WORDS.values(), ids=OTHER_WORDS.keys())
def test_what_says_something_else_has_other_words(first: Entry, second: Entry) -> None:
    assert words_mark(first) != words_mark(second)


def test_other_markup_is_other_content_in_the_same_words() -> None:
    plain, marked = entry("", PAGE, "t", "<p>x y</p>"), entry("", PAGE, "t", "<p>x <b>y</b></p>")

    assert words_mark(plain) == words_mark(marked)
    assert content_hash(plain) != content_hash(marked)


def test_another_file_is_other_content() -> None:
    first = replace(entry("", PAGE, "t", LONG), enclosures=(Enclosure(url="https://a.example/1"),))
    second = replace(first, enclosures=(Enclosure(url="https://a.example/2"),))

    assert words_mark(first) == words_mark(second)
    assert content_hash(first) != content_hash(second)


def test_a_guid_that_counts_positions_tells_nothing() -> None:
    assert telling_guid("12") == telling_guid("N/A") == ""
    assert telling_guid(" urn:1 ") == "urn:1"


def test_a_link_is_compared_without_its_scheme_and_a_home_page_is_none() -> None:
    assert plain_link("http://harbour.example/1") == PAGE
    assert plain_link("https://harbour.example/") == plain_link("") == ""


def test_every_entry_of_a_document_gets_a_key() -> None:
    twice = [entry("a", PAGE, "t"), entry("a", PAGE, "t"), entry("b", PAGE, "u")]

    assert [one.key for one in keyed(twice, IdScheme.GUID)] == ["a", "a", "b"]


def test_the_lower_scheme_relies_on_less() -> None:
    assert lower(IdScheme.GUID, IdScheme.TEXT) is IdScheme.TEXT
    assert lower(IdScheme.LINK, IdScheme.GUID_AND_LINK) is IdScheme.LINK
