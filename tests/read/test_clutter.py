from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Entry
from aggregator.read import clean, clutter, fulltext
from aggregator.read.pieces import mark_of
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

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def texts_of(entries: Iterable[Entry]) -> list[str]:
    return [entry.content for entry in entries]


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
            content=f"<p>{sentences('en', number, 2)[1]} {'abcdefgh'[number]}{tail}</p>",
        )
        for number in range(ENTRIES)
    )

    for number, entry in enumerate(without_clutter(entries)):
        assert entry.content == f"<p>{sentences('en', number, 2)[1]} {'abcdefgh'[number]}</p>"


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


# ------------------------------------------------- an article's own words

# Of unlike entries, what an article tells before a sentence that others tell too, and after it.
BRIEFS = {
    "en": (
        ("Barn fire near Quill Lane", "A barn burned down on Friday.", "The hay is lost."),
        ("Gas leak empties the school", "A pipe broke in the yard.", "Lessons start on Tuesday."),
        ("Beech falls on a parked bus", "The road is shut until noon.", "Two more will be felled."),
        ("Warehouse roof caves in", "Snow lay a metre deep there.", "Its owner counts the pots."),
        ("Ferry aground off Ostrow", "The tide freed it at seven.", "An inquiry begins in May."),
        ("Crane drops a steel beam", "It fell beside the quay wall.", "Work stopped for the day."),
        ("Lindow tunnel under water", "The pumps had been switched off.", "Trains turn at Calder."),
        ("Kite festival called off", "The wind blew from the sea.", "Tickets stay valid in June."),
    ),
    "de": (
        ("Scheune am Quellweg brennt", "Das Feuer brach am Freitag aus.", "Das Heu ist verloren."),
        ("Gasleck leert die Schule", "Ein Rohr brach im Hof.", "Der Unterricht beginnt morgen."),
        ("Buche stürzt auf Linienbus", "Die Straße bleibt gesperrt.", "Zwei weitere fallen."),
        ("Lagerdach bricht unter Schnee", "Er lag einen Meter hoch.", "Der Besitzer zählt Töpfe."),
        ("Fähre läuft vor Husum auf", "Die Flut hob sie am Abend.", "Im Mai wird ermittelt."),
        ("Kran verliert einen Balken", "Er fiel neben die Mauer.", "Die Arbeit ruht heute."),
        ("Tunnel steht unter Wasser", "Die Pumpen waren aus.", "Züge wenden in Celle."),
        ("Drachenfest wird abgesagt", "Der Wind kam vom Meer.", "Karten gelten im Juni."),
    ),
}
STOCK = {"en": "No injuries were reported.", "de": "Verletzt wurde dabei niemand."}
PLEA = {"en": "Sign up for our newsletter.", "de": "Abonnieren Sie unseren Rundbrief."}


def told(language: str, layout: str, *, said: str, among: int, of: int) -> tuple[Entry, ...]:
    """Return so many briefs of which some hold the sentence, where the layout has it."""
    return tuple(
        Entry(
            key=str(at),
            title=title,
            content=layout.format(
                one=one, other=other, said=said if (at * among) % of < among else ""
            ).replace("  ", " "),
        )
        for at, (title, one, other) in enumerate(BRIEFS[language][:of])
    )


WITHIN = "<p>{one} {said} {other}</p>"
LAST = "<p>{one} {other} {said}</p>"
FIRST = "<p>{said} {one} {other}</p>"


@pytest.mark.parametrize("language", BRIEFS)
@pytest.mark.parametrize("of", [5, 6, 7, 8])
@pytest.mark.parametrize(
    ("layout", "among"),
    [(WITHIN, 3), (WITHIN, 4), ("<p>{one}</p><p>{other} {said} {one}</p>", 3)],
    ids=["three", "four", "second paragraph"],
)
def test_a_stock_sentence_within_a_paragraph_stays(
    language: str, layout: str, among: int, of: int
) -> None:
    entries = told(language, layout, said=STOCK[language], among=among, of=of)

    assert texts_of(without_clutter(entries)) == texts_of(entries)


@pytest.mark.parametrize("language", BRIEFS)
@pytest.mark.parametrize("layout", [FIRST, LAST], ids=["first", "last"])
def test_a_stock_sentence_at_the_end_of_a_brief_stays(language: str, layout: str) -> None:
    entries = told(language, layout, said=STOCK[language], among=4, of=7)

    assert clutter.learn(b"", entries, known=frozenset()).found == ()
    assert texts_of(without_clutter(entries)) == texts_of(entries)


@pytest.mark.parametrize("language", BRIEFS)
@pytest.mark.parametrize(
    ("layout", "among"),
    [
        (FIRST, 3),
        (LAST, 3),
        ("<p>{one} {other}</p><p>{said}</p>", 3),
        ("<p>{one}</p><ul><li>{said}</li></ul><p>{other}</p>", 3),
        ('<p>{one} <a href="https://o.example/">{said}</a> {other}</p>', 3),
        (WITHIN, 5),
    ],
    ids=["first", "last", "paragraph", "item", "link", "within all"],
)
def test_a_plea_goes(language: str, layout: str, among: int) -> None:
    entries = told(language, layout, said=PLEA[language], among=among, of=5)

    for entry, (_, one, other) in zip(without_clutter(entries), BRIEFS[language], strict=False):
        assert PLEA[language] not in entry.content
        assert one in entry.content
        assert other in entry.content


def test_a_long_plea_goes_from_the_middle_of_a_paragraph() -> None:
    plea = "Independent reporting costs money, so please support us with a small gift every month."
    entries = told("en", WITHIN, said=plea, among=3, of=8)

    assert not any(plea in entry.content for entry in without_clutter(entries))


def test_a_plea_goes_at_an_end_though_a_stock_sentence_precedes_it() -> None:
    layout = "<p>{one} " + STOCK["en"] + "</p><p>{other}</p><p>{said}</p>"
    entries = told("en", layout, said=PLEA["en"], among=8, of=8)

    assert without_clutter(entries)[0].content.endswith("lost.</p>")


@pytest.mark.parametrize(
    "forms",
    [
        "{place} closed higher. The index fell {number} percent.",
        "{place} stays dry. High of {number} degrees.",
        "Fine dust stands at {number} micrograms per cubic metre.",
        "Der Feinstaub in {place} erreicht {number} Mikrogramm pro Kubikmeter.",
        "In {place} liegen die Tagestemperaturen bei {number} Grad.",
        "{place} zog in die nächste Runde des Pokals der Landesmeister ein.",
        "{place} won in the second round of the cup of the county.",
        "The council of the county town of {place}",
    ],
)
def test_a_form_filled_in_each_time_stays_whole(forms: str) -> None:
    towns = ("Tessel", "Marlow", "Arden", "Quill", "Brack", "Ostrow")
    entries = tuple(
        Entry(
            key=town,
            title=f"{town} today",
            content=f"<p>{forms.format(place=town, number=10 * at + 7)}</p>",
        )
        for at, town in enumerate(towns)
    )

    assert texts_of(without_clutter(entries)) == texts_of(entries)


def test_what_was_known_before_is_cut_only_where_it_may_be() -> None:
    """Marks of older states stand for sentences and ends that were cut wherever they stood."""
    old = frozenset(map(mark_of, (STOCK["en"], "$degrees.", "$The hay is lost.")))
    own = "<p>A barn burned. No injuries were reported. High of 10 degrees.</p>"
    entry = Entry(key="a", title="Fire", content=own)
    apart = replace(entry, content=f"{own}<p>{STOCK['en']}</p>")

    assert clutter.without(entry, old).content == own
    assert clutter.without(apart, old).content == own


def test_a_sentence_is_cut_further_once_more_entries_have_it() -> None:
    few = told("en", LAST, said=PLEA["en"], among=2, of=8)
    apart = tuple(replace(one, content=f"{one.content}<p>{PLEA['en']}</p>") for one in few[:2])
    first = clutter.learn(b"", (*few[2:], *apart), known=frozenset())
    last = told("en", LAST, said=PLEA["en"], among=8, of=8)
    again = clutter.learn(first.memory, last * 5, known=marks_of(first))

    assert len(first.found) == len(again.found) == 1
    assert clutter.without(last[0], marks_of(first)).content == last[0].content
    assert PLEA["en"] not in clutter.without(last[0], marks_of(first) | marks_of(again)).content


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

    assert texts_of(without_clutter(entries)) == texts_of(entries)


def test_one_article_on_five_pages_keeps_its_text() -> None:
    """An article that is told again under titles that are alike is no clutter."""
    (entry, *_) = read_pages(EACH_FEEDS_PAGES[0])
    again = [replace(entry, key=str(n), title=f"{entry.title}, part {n}") for n in range(PAGES)]

    assert without_clutter(tuple(again)) == again
