"""The judgements on two entries, and their guards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fold import decide
from aggregator.fold.features import Features, decode, describe
from tests.fold.newsroom import BRIDGE, BRIDGE_ELSEWHERE, ORCHARD, entry

if TYPE_CHECKING:
    from aggregator.model import Entry


def features(title: str, summary: str = "", *, language: str = "en") -> Features:
    return decode(describe(entry(title, summary, language=language)))


def seen(one: Entry) -> Features:
    return decode(describe(one))


def score(left: Features, right: Features, *, one_outlet: bool = False) -> float:
    found = decide.copied(left, right, one_outlet=one_outlet)
    return found.score if found else 0.0


EDITED = entry(
    "Harbour bridge at Marlow reopens after nine months of repairs",
    "MARLOW (Wire) - The Marlow harbour bridge opened to traffic at dawn, nine months after a "
    "barge tore away two of its piers, engineer Odile Fenwick said on site.",
)
CUT = entry(BRIDGE.title, BRIDGE.summary[:120] + "\u2026")


@pytest.mark.parametrize("other", [BRIDGE, EDITED, CUT], ids=["the same", "edited", "cut"])
def test_a_copy_is_seen(other: Entry) -> None:
    assert score(seen(BRIDGE), seen(other)) > 0.25


@pytest.mark.parametrize(
    "other", [BRIDGE_ELSEWHERE, ORCHARD], ids=["another outlet's words", "another event"]
)
def test_other_words_are_no_copy(other: Entry) -> None:
    assert score(seen(BRIDGE), seen(other)) == 0.0


BOILERPLATE = (
    "Sign up for our morning letter and never miss what matters in your town, chosen by hand for "
    "readers who have little time and many interests."
)
NO_COPIES = {
    "short generic texts": (("Letters", "From our readers."), ("Letters", "From our readers.")),
    "boilerplate under other titles": (
        ("Council sells the tramway depot", BOILERPLATE),
        ("Choir wins first prize abroad", BOILERPLATE),
    ),
    "a series by date": (
        (
            "Puzzle and solution for November 2",
            "Stuck on the puzzle? Here are hints and the answer.",
        ),
        (
            "Puzzle and solution for November 3",
            "Stuck on the puzzle? Here are hints and the answer.",
        ),
    ),
    "a series by number": (
        (
            "Episode 210: questions of listeners",
            "Your questions are answered on the show this week.",
        ),
        (
            "Episode 211: questions of listeners",
            "Your questions are answered on the show this week.",
        ),
    ),
}


@pytest.mark.parametrize("pair", NO_COPIES.values(), ids=NO_COPIES.keys())
@pytest.mark.parametrize("one_outlet", [True, False])
def test_what_only_looks_like_a_copy(
    pair: tuple[tuple[str, str], tuple[str, str]], *, one_outlet: bool
) -> None:
    left, right = features(*pair[0]), features(*pair[1])

    assert score(left, right, one_outlet=one_outlet) == 0.0


def test_one_feed_repeats_itself_with_other_numbers() -> None:
    """Reports of one template: places and numbers differ, most words do not."""
    text = "Magnitude {} tremor at a depth of {} km was recorded by the network of the institute."
    left = features("M 3.6 - 54 km W of Tessel", text.format("3.6", "34"))
    right = features("M 4.1 - 12 km N of Marlow", text.format("4.1", "9"))

    assert score(left, right, one_outlet=True) == 0.0


def test_a_wire_text_with_other_numbers_in_the_title_is_no_copy() -> None:
    text = (
        "Rescuers searched the valley all night and went on at dawn, the province said in a note."
    )
    left = features(
        "Flood in Tessel: 14 missing", text + " Boats came from the coast to help them."
    )
    right = features("Flood in Marlow: 3 missing", text + " Roads to the south are closed to all.")

    assert score(left, right) == 0.0


def test_a_local_headline_over_a_long_wire_text_is_a_copy() -> None:
    local = entry("Crews rebuilt broken piers in winter storms", BRIDGE.summary)

    assert score(seen(BRIDGE), seen(local)) > 0.5


def test_a_sketch_stands_for_a_longer_text() -> None:
    whole = tuple(range(0, 2_000, 2))
    half = (whole[:96], True)

    found = decide.overlap(half, (whole[:50], True))

    assert found.jaccard == 1.0
    assert decide.overlap(half, ((1, 3), False)).jaccard == 0.0


PAGES = {
    "a changed title": (("Bridge reopens to traffic", ""), ("Bridge reopens to cheers", ""), True),
    "other things": (("Bridge reopens to traffic", ""), ("Choir wins first prize", ""), False),
    "a series": (("Episode 210 of the show", ""), ("Episode 211 of the show", ""), False),
    "other numbers": (
        ("Fire near Marlow: 14 hurt", ""),
        ("Fire at Marlow leaves 3 hurt", ""),
        False,
    ),
    "the same text": (
        ("14 / 2 - Bridge reopens", BRIDGE.summary),
        ("First bridge of 3 reopens", BRIDGE.summary),
        True,
    ),
}


@pytest.mark.parametrize(("left", "right", "same"), PAGES.values(), ids=PAGES.keys())
def test_one_address_means_one_thing_where_the_words_agree(
    left: tuple[str, str], right: tuple[str, str], *, same: bool
) -> None:
    assert decide.is_same_page(features(*left), features(*right)) is same


# ---------------------------------------------------- headlines and full texts


HEADLINE = "Marlow harbour bridge reopens after nine months of repairs"


@pytest.mark.parametrize(
    ("other", "one_outlet", "is_copy"),
    [
        (entry(HEADLINE, "Read more"), False, True),
        (entry(HEADLINE + " \u2013 The Gazette", ""), False, True),
        (entry(HEADLINE, "Read more"), True, False),
        (entry("Marlow harbour bridge reopens: three lessons of a hard winter", ""), False, False),
        (entry("Marlow bridge reopens", "Read more"), False, False),
        (entry("Watch: " + HEADLINE, ""), False, True),
        (entry(HEADLINE, "Engineer Odile Fenwick said a barge tore the piers."), False, True),
        (entry(HEADLINE, "A choir of forty pupils sang for the first drivers."), False, False),
    ],
    ids=[
        *("bare", "outlet's name", "of one feed", "half a headline", "too short", "a word more"),
        *("nothing of its own", "more of its own"),
    ],
)
def test_a_bare_entry_is_a_copy_by_its_headline(
    other: Entry, *, one_outlet: bool, is_copy: bool
) -> None:
    found = decide.copied(seen(BRIDGE), seen(other), one_outlet=one_outlet)

    assert (found is not None and found.of is decide.Shared.HEADLINE) is is_copy


PARAGRAPHS = [
    f"<p>The {place} crew number {n} worked through the {season} storms on the harbour piers.</p>"
    for n, (place, season) in enumerate(
        (place, season)
        for place in ("eastern", "western", "northern")
        for season in ("autumn", "winter", "spring")
    )
]


def with_content(title: str, paragraphs: list[str], summary: str = "") -> Features:
    return decode(
        describe(replace(entry(title, summary), content="".join(paragraphs), language="en"))
    )


LOCAL = with_content("How Marlow got its crossing back", PARAGRAPHS, "A tale of stubborn crews.")


@pytest.mark.parametrize(
    ("other", "one_outlet", "is_copy"),
    [
        (with_content("Marlow bridge open", PARAGRAPHS[:6], "Traffic at dawn."), False, True),
        (with_content("Marlow bridge open", PARAGRAPHS[:2], "Traffic at dawn."), False, False),
        (with_content("Choir wins a prize", PARAGRAPHS[:6], "Songs at dusk."), False, False),
        (with_content("Marlow bridge open", PARAGRAPHS[:6], "Traffic at dawn."), True, False),
        (with_content("Marlow gets 2 crossings", PARAGRAPHS, "Traffic."), True, False),
        (with_content("Marlow got its crossing back: more", PARAGRAPHS, "Traffic."), True, True),
    ],
    ids=["half", "boilerplate", "other titles", "of one feed", "other numbers", "one feed, whole"],
)
def test_full_texts_show_a_copy_under_other_titles(
    other: Features, *, one_outlet: bool, is_copy: bool
) -> None:
    found = decide.copied(LOCAL, other, one_outlet=one_outlet)

    assert (found is not None and found.of is decide.Shared.SENTENCES) is is_copy
    assert (decide.copied(other, LOCAL, one_outlet=one_outlet) is not None) is is_copy


def test_samples_of_long_texts_are_compared_where_both_are_whole() -> None:
    full = tuple(range(0, 48, 2))

    assert decide.same_sentences(full, full) == (24, 24)
    assert decide.same_sentences(full, (0, 2, 999)) == (2, 2)
    assert decide.same_sentences((1, 2, 3), (2, 3)) == (2, 2)
    assert decide.same_sentences((), full) == (0, 0)


# ---------------------------------------------------------------------- series


@pytest.mark.parametrize(
    ("left", "right", "word"),
    [
        ("Dow up 480 on the Fed", "Dow up 93 on banks", "other numbers"),
        ("Morning briefing: storms close ports", "Morning briefing: budget vote", "begin or end"),
        ("Leo stars today: love and money", "Virgo stars today: love and money", "begin or end"),
        ("Stars: what Leo can expect of work", "Stars: what Virgo can expect of work", "begin"),
        (
            "Long queues at Tessel on the wooden bridge reported near noon",
            "Long queues at Marlow on the stone bridge reported near dusk",
            "but for a few words",
        ),
        ("Marlow harbour bridge reopens", "Marlow harbour bridge reopens", ""),
        ("Marlow harbour bridge reopens", "Marlow harbour bridge reopens at dawn", ""),
        ("Marlow bridge reopens at dawn", "Drivers cheer as bridge of Marlow opens", ""),
    ],
)
def test_a_feeds_series_is_told_by_its_titles(left: str, right: str, word: str) -> None:
    found = decide.series_of_feed(features(left), features(right))

    assert word in found
    assert bool(found) is bool(word)


def test_one_form_with_other_names_and_numbers_is_no_copy() -> None:
    form = "The agency warned of high water near {} until {} and told drivers to keep off the road."
    left = features("Flood warning issued for Tessel", form.format("Tessel", "9:15"))
    right = features("Flood warning issued for Marlow Bay", form.format("Marlow Bay", "11:40"))
    found = decide.overlap(left.sketch, right.sketch)

    assert decide.is_alike(found)
    assert "one form" in decide.copy_refusal(left, right, found, one_outlet=False)


@pytest.mark.parametrize(
    ("left", "right", "language", "is_another"),
    [
        ("The Lighthouse Murders, part IV", "The Lighthouse Murders, part V", "en", True),
        ("Tour stage nine: Olsen wins", "Tour stage ten: Petri wins", "en", True),
        ("Strong quake strikes off Tessel Bay", "Strong quake strikes off Marlow Bay", "en", True),
        ("Queues at Marlow bridge grow long", "Drivers queue long at Marlow bridge", "en", False),
        ("Marlow bridge opens", "Marlow bridge opens at dawn", "en", False),
        ("Council raises the toll", "Toll goes up in Marlow, council says", "en", False),
        (
            "\u5bae\u57ce\u770c\u6c96\u3067\u5730\u9707",
            "\u8328\u57ce\u770c\u6c96\u3067\u5730\u9707",
            "ja",
            True,
        ),
        (
            "สมหญิง วารีชนะเลือกตั้งนายกเทศมนตรีบ้านแก้ว",
            "บ้านแก้วได้นายกเทศมนตรีคนใหม่คือสมหญิง วารี",
            "th",
            False,
        ),
    ],
    ids=[
        "parts",
        "stages",
        "places",
        "other words",
        "one tells more",
        "other order",
        "dense script",
        "dense script in another order",
    ],
)
def test_titles_of_one_form_that_name_other_things(
    left: str, right: str, language: str, *, is_another: bool
) -> None:
    one, other = (decode(describe(entry(title, language=language))) for title in (left, right))

    assert decide.is_another_of_form(one, other) is is_another
    assert decide.is_another_of_form(other, one) is is_another


def test_what_was_sent_out_in_one_form_is_no_copy_whoever_sent_it() -> None:
    form = (
        "A new part of our serial, read by Hanna Quist, with music by the Fenwick Trio, is out now."
    )
    left, right = (features(f"The Lighthouse Murders, part {part}", form) for part in ("IV", "V"))
    found = decide.overlap(left.sketch, right.sketch)

    assert decide.is_alike(found)
    assert decide.copied(left, right, one_outlet=False) is None
    assert decide.copy_refusal(left, right, found, one_outlet=False) == decide.ONE_FORM


TEXTS = st.sampled_from([BRIDGE, BRIDGE_ELSEWHERE, ORCHARD, EDITED, CUT])


@given(left=TEXTS, right=TEXTS, one_outlet=st.booleans())
def test_the_copy_relation_is_symmetric(left: Entry, right: Entry, *, one_outlet: bool) -> None:
    one, other = seen(left), seen(right)

    assert score(one, other, one_outlet=one_outlet) == score(other, one, one_outlet=one_outlet)
