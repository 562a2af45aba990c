from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Entry
from aggregator.read import clean, clutter, fulltext
from tests.read.clutter_feeds import (
    ENTRIES,
    PAGES,
    QUOTATION,
    InventedFeed,
    InventedPages,
    feeds,
    made,
    pages,
    pages_of,
    sentences,
)

FEEDS = feeds()
EACH_FEEDS_PAGES = pages()


def cleaned(feed: InventedFeed) -> tuple[Entry, ...]:
    cleaner = clean.Sanitiser("https://o.example/")
    return tuple(
        replace(
            entry,
            content=(content := cleaner.clean(entry.content)),
            summary=clean.summary_of(content),
        )
        for entry in feed.entries
    )


def without_clutter(entries: tuple[Entry, ...]) -> list[Entry]:
    marks = marks_of(clutter.learn(b"", entries, known=frozenset()))
    return [clutter.without(entry, marks) for entry in entries]


def marks_of(learned: clutter.Learned) -> frozenset[int]:
    return frozenset(found.mark for found in learned.found)


def text_of(entry: Entry) -> str:
    return clean.flat_text(entry.content)


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_all_clutter_goes_within_one_poll(feed: InventedFeed) -> None:
    texts = [text_of(entry) for entry in cleaned(feed)]
    left = [text_of(entry) for entry in without_clutter(cleaned(feed))]

    for plea in feed.clutter:
        assert any(plea in text for text in texts), "the feed was made wrong"
        assert not any(plea in text for text in left)


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_every_sentence_of_the_articles_stays(feed: InventedFeed) -> None:
    for entry, own in zip(without_clutter(cleaned(feed)), feed.own, strict=True):
        told = text_of(entry)
        assert [sentence for sentence in own if sentence not in told] == []


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_what_is_left_is_well_nested_and_has_no_empty_elements(feed: InventedFeed) -> None:
    cleaner = clean.Sanitiser("https://o.example/")
    for entry in without_clutter(cleaned(feed)):
        assert cleaner.clean(entry.content) == entry.content
        assert "<p></p>" not in entry.content
        assert "<li></li>" not in entry.content


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_summaries_lose_their_clutter_too(feed: InventedFeed) -> None:
    for entry in without_clutter(cleaned(feed)):
        assert entry.summary
        assert not any(plea in entry.summary for plea in feed.clutter)


def test_a_quotation_that_many_outlets_share_stays() -> None:
    assert all(QUOTATION in text_of(without_clutter(cleaned(feed))[0]) for feed in FEEDS)


def test_a_feed_with_four_entries_teaches_nothing() -> None:
    entries = cleaned(FEEDS[0])[:4]

    assert clutter.learn(b"", entries, known=frozenset()).found == ()


def test_five_entries_over_several_polls_teach_as_one_poll_does() -> None:
    entries = cleaned(FEEDS[0])[:5]
    memory, marks = b"", frozenset[int]()
    for entry in entries:
        learned = clutter.learn(memory, [entry], known=marks)
        memory, marks = learned.memory, marks | marks_of(learned)

    at_once = marks_of(clutter.learn(b"", entries, known=frozenset()))
    last = clutter.without(entries[-1], marks)
    assert last.content == clutter.without(entries[-1], at_once).content


def test_what_is_known_is_not_found_again() -> None:
    first = clutter.learn(b"", cleaned(FEEDS[0]), known=frozenset())

    again = clutter.learn(first.memory, cleaned(FEEDS[0]), known=marks_of(first))

    assert first.found
    assert again.found == ()


def test_a_sentence_that_follow_ups_of_one_event_repeat_stays() -> None:
    background = "The tunnel was closed in March after a flood that nobody had foreseen."
    entries = tuple(
        Entry(
            key=str(number),
            title=f"Tunnel under the strait: {word}",
            content=f"<p>{sentences('en', number, 1)[0]}.</p><p>{background}</p>",
        )
        for number, word in enumerate(("works begin", "cost doubles", "minister resigns", "end"))
    )

    left = without_clutter((*entries, *cleaned(FEEDS[1])))
    assert all(background in entry.content for entry in left[: len(entries)])


def test_an_entry_that_is_changed_again_and_again_is_one_entry() -> None:
    own = "<p>The only report on this subject, with one long sentence of its own in it.</p>"
    others = cleaned(FEEDS[2])[:4]
    entry = Entry(key="x", title="A report on rare birds", content=own)

    learned = clutter.learn(b"", (*others, entry, entry, entry, entry), known=frozenset())

    assert clutter.without(entry, marks_of(learned)).content == own


@pytest.mark.parametrize("heading", ["Conclusion", "Ingredients", "Fazit"])
def test_a_heading_above_an_articles_own_text_stays(heading: str) -> None:
    entries = tuple(
        Entry(
            key=str(number),
            title=sentences("en", number, 1)[0],
            content=f"<p>{sentences('en', number, 2)[1]}.</p><h2>{heading}</h2>"
            f"<p>{sentences('en', number + 50, 1)[0]}.</p>",
        )
        for number in range(ENTRIES)
    )

    assert all(f"<h2>{heading}</h2>" in entry.content for entry in without_clutter(entries))


@pytest.mark.parametrize(
    "tail",
    [
        " <a>Continue reading…</a>",
        " Read more at the Calder Gazette",
        "<br>Reply by e-mail",
        '<br><img src="https://o.example/share.png" alt="Share">',
    ],
    ids=["link", "words without an end", "line", "button"],
)
def test_short_endings_go(tail: str) -> None:
    entries = tuple(
        Entry(
            key=str(number),
            title=sentences("en", number, 1)[0],
            content=f"<p>{sentences('en', number, 2)[1]} {number}{tail}</p>",
        )
        for number in range(ENTRIES)
    )

    for number, entry in enumerate(without_clutter(entries)):
        assert entry.content == f"<p>{sentences('en', number, 2)[1]} {number}</p>"


def test_plain_summaries_without_content_lose_their_clutter() -> None:
    entries = tuple(
        Entry(
            key=str(number),
            title=sentences("en", number, 1)[0],
            summary=f"{sentences('en', number, 2)[1]} < {number}. Buy our paper at every kiosk!",
        )
        for number in range(ENTRIES)
    )

    assert [entry.summary for entry in without_clutter(entries)] == [
        f"{sentences('en', number, 2)[1]} < {number}." for number in range(ENTRIES)
    ]


def test_the_title_repeated_above_the_text_stays() -> None:
    entries = tuple(
        replace(entry, content=f"<p>{entry.title}</p>{entry.content}")
        for entry in cleaned(FEEDS[0])
    )

    for entry in without_clutter(entries):
        assert entry.title in text_of(entry)


def test_without_marks_nothing_changes() -> None:
    entry = cleaned(FEEDS[0])[0]

    assert clutter.without(entry, frozenset()) is entry


def test_the_memory_is_bounded() -> None:
    memory = b""
    for seed in range(30):
        memory = clutter.learn(
            memory, cleaned(made("en", seed, boxed=True)), known=frozenset()
        ).memory

    assert len(memory) < 40_000


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.text(max_size=200), min_size=5, max_size=12),
    titles=st.lists(st.text(max_size=30), min_size=12, max_size=12),
)
def test_any_text_is_read_and_cut_without_harm(texts: list[str], titles: list[str]) -> None:
    cleaner = clean.Sanitiser("https://o.example/")
    entries = tuple(
        Entry(
            key=str(at),
            title=title,
            content=cleaner.clean(cleaner.clean(text)),  # twice: "\\r" settles in the second
            summary=clean.folded(text),
        )
        for at, (text, title) in enumerate(zip(texts, titles, strict=False))
    )

    for entry in without_clutter(entries):
        assert cleaner.clean(entry.content) == entry.content


# --------------------------------------------------- the pages of entries


def read_pages(found: InventedPages) -> tuple[Entry, ...]:
    """Return entries as their pages tell them, cut out of the pages as in a poll."""
    pytest.importorskip("trafilatura")
    told = []
    for number, (title, page) in enumerate(zip(found.titles, found.pages, strict=True)):
        entry = Entry(key=str(number), title=title, url=f"https://o.example/{number}")
        page_read = fulltext.read_page(
            page.encode(), url=entry.url, content_type="text/html; charset=utf-8", entry=entry
        )
        assert page_read.content, page_read.error
        told.append(fulltext.as_read(entry, page_read.content))
    return tuple(told)


@pytest.mark.parametrize("found", EACH_FEEDS_PAGES, ids=lambda found: found.name)
def test_what_pages_repeat_goes_with_the_fifth(found: InventedPages) -> None:
    entries = read_pages(found)
    texts = [text_of(entry) for entry in entries]
    left = [text_of(entry) for entry in without_clutter(entries)]

    assert any(plea in text for plea in found.clutter for text in texts), (
        "the pages were made wrong"
    )
    assert [plea for plea in found.clutter if any(plea in text for text in left)] == []


@pytest.mark.parametrize("found", EACH_FEEDS_PAGES, ids=lambda found: found.name)
def test_every_sentence_of_a_page_stays(found: InventedPages) -> None:
    for entry, own in zip(without_clutter(read_pages(found)), found.own, strict=True):
        told = text_of(entry)
        assert [sentence for sentence in own if sentence not in told] == []


def test_pages_that_come_one_by_one_teach_as_much() -> None:
    """With the fifth, what all repeat is known, and goes from the first as well."""
    entries = read_pages(EACH_FEEDS_PAGES[0])
    memory, known = b"", frozenset[int]()
    for count, entry in enumerate(entries, 1):
        learned = clutter.learn(memory, [entry], known=known)
        memory, known = learned.memory, known | marks_of(learned)
        assert bool(known) is (count >= PAGES)

    left = [text_of(clutter.without(entry, known)) for entry in entries]
    assert not any(plea in text for plea in EACH_FEEDS_PAGES[0].clutter for text in left)


def test_four_pages_teach_nothing() -> None:
    entries = read_pages(pages_of("en", 7, at_end=False, count=4))

    assert without_clutter(entries) == list(entries)


def test_one_article_on_five_pages_keeps_its_text() -> None:
    """An article that is told again under titles that are alike is no clutter."""
    (entry, *_) = read_pages(EACH_FEEDS_PAGES[0])
    again = [replace(entry, key=str(n), title=f"{entry.title}, part {n}") for n in range(PAGES)]

    assert without_clutter(tuple(again)) == again
