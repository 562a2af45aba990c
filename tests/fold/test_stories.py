"""Entries find their stories: copies in any order, coverage with care, people's word above all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.fold.features import describe
from aggregator.fold.identity import story_id
from aggregator.fold.stories import Index
from aggregator.model import Arrival, Entry, Folding, Joined, Merged, Relation, Started
from tests.fold.newsroom import (
    BRIDGE,
    BRIDGE_ELSEWHERE,
    FOLDING,
    HOUR,
    NOON,
    ORCHARD,
    arrival,
    entry,
    filled,
    groups,
    stories_of,
)

PAGE = "https://paper.example/bridge"
WIRE = replace(BRIDGE, summary="MARLOW (Wire) - " + BRIDGE.summary)


def joined(index: Index, one: Arrival) -> Joined:
    first, *merges = index.fold(one)
    assert isinstance(first, Joined)
    assert not merges
    return first


def started(index: Index, one: Arrival) -> Started:
    (first,) = index.fold(one)
    assert isinstance(first, Started)
    return first


def is_alone(index: Index, one: Arrival) -> bool:
    return [type(update) for update in index.fold(one)] == [Started]


# ---------------------------------------------------------------------- start


def test_a_new_entry_starts_a_story_with_its_own_id() -> None:
    one = arrival(BRIDGE, 1)

    assert Index(FOLDING).fold(one) == (
        Started(story_id=story_id(one.feed_url, one.key), entry_id=1),
    )


def test_a_story_id_in_use_is_not_used_again() -> None:
    """After a split the entry's first story may hold others: the new one needs another id."""
    index, one = Index(FOLDING), arrival(BRIDGE, 1)
    taken = {story_id(one.feed_url, one.key), story_id(one.feed_url, one.key, salt="1")}
    for number, name in enumerate(sorted(taken), 50):
        index.add(arrival(ORCHARD, number), story_id=name)

    (first,) = index.fold(one)

    assert isinstance(first, Started)
    assert first.story_id not in taken


# ------------------------------------------------------------------- identity


def test_one_address_is_one_story() -> None:
    index = Index(FOLDING)
    index.fold(arrival(entry("Bridge reopens", url=PAGE), 1))

    first = joined(index, arrival(entry("Marlow bridge", url=PAGE + "?utm_source=rss"), 2))

    assert first.relation is Relation.COPY
    assert first.reason == "same address after removing utm_source"
    assert first.score == 1.0
    assert first.witness_id == 1


def test_one_global_id_is_one_story() -> None:
    index = Index(FOLDING)
    index.fold(arrival(replace(entry("Bridge reopens"), guid="tag:paper.example,2026:7"), 1))

    first = joined(index, arrival(replace(entry("Marlow"), guid="tag:paper.example,2026:7"), 2))

    assert first.reason == "same id"


def test_one_global_id_at_two_pages_is_one_story_only_in_like_words() -> None:
    """Two sites on one system count alike; a copy of a feed keeps its ids and changes its links."""
    tag = "tag:paper.example,2026:7"
    index = Index(FOLDING)
    index.fold(arrival(replace(entry("Bridge reopens", url=PAGE), guid=tag), 1))
    elsewhere = "https://other.example/7"
    stranger = replace(entry("Choir sings at the fair", url=elsewhere), guid=tag)
    copy = replace(entry("Bridge reopens", url=elsewhere + "/copy"), guid=tag)

    assert is_alone(index, arrival(stranger, 2))
    assert joined(index, arrival(copy, 3)).witness_id == 1


def test_a_plain_id_means_something_in_one_feed_only() -> None:
    index = Index(FOLDING)
    index.fold(arrival(replace(entry("Bridge reopens"), guid="7"), 1))

    assert is_alone(index, arrival(replace(entry("Choir sings"), guid="7"), 2))


def test_one_address_years_apart_is_two_stories() -> None:
    index = Index(FOLDING)
    index.fold(arrival(entry("Bridge reopens", url=PAGE), 1))

    late = arrival(entry("Bridge reopens", url=PAGE), 2, at=NOON + timedelta(days=365))
    assert is_alone(index, late)


def test_a_page_that_a_feed_uses_for_everything_is_no_evidence() -> None:
    index = Index(FOLDING)
    index.fold(arrival(entry("Bridge reopens to traffic", url=PAGE), 1, feed=5))

    assert is_alone(index, arrival(entry("Choir wins first prize", url=PAGE), 2, feed=5))
    assert is_alone(index, arrival(entry("Plums ruined by late frost", url=PAGE), 3, feed=6))
    assert "used for unlike entries" in index.explain(1, 3)


def test_a_page_used_for_everything_is_known_before_its_first_entry_is_folded() -> None:
    """Another outlet's entry stands under that address already."""
    index = Index(FOLDING)
    index.fold(arrival(entry("Water main works close Mill Street", url=PAGE), 1, feed=6))
    notices = [
        arrival(entry(title, url=PAGE), number, feed=5)
        for number, title in enumerate(("Dog tax goes up", "Choir wins first prize"), 2)
    ]

    index.expect(notices)

    assert all(is_alone(index, one) for one in notices)


STREETS = ("Quay Road", "Abbey Square", "Tower Gate", "Mill Street")


@pytest.mark.parametrize("restarted", [False, True])
def test_an_outlets_two_feeds_are_one_to_the_guards_against_series(*, restarted: bool) -> None:
    works = [
        entry(
            f"Roadworks on {street} until spring",
            f"{street} is closed from the church to the mill until spring; buses go by the ring.",
            url=f"https://paper.example/{number}",
        )
        for number, street in enumerate(STREETS)
    ]
    arrivals = [
        [arrival(one, 10 * feed + number, feed=feed) for number, one in enumerate(works)]
        for feed in (5, 6)
    ]
    index = filled()
    for both in arrivals:
        if restarted:
            for one in both:
                index.add(one, story_id=f"story-{one.entry_id % 10}")
            continue
        index.expect(both)
        for one in both:
            index.fold(one)

    assert "a series" in index.explain(50, 61)
    assert index.explain(50, 60).startswith("in one story; same address")
    assert index.explain(50, 61).startswith("in two stories")
    index.forget_before(50)
    assert "a series" in index.explain(50, 61)


def test_an_entry_that_comes_back_under_its_address_is_the_same() -> None:
    index = Index(FOLDING)
    index.fold(arrival(entry("Bridge reopens to traffic", url=PAGE), 1, feed=5))

    first = joined(index, arrival(entry("Bridge reopens to cheers", url=PAGE), 2, feed=5))

    assert first.relation is Relation.COPY


# --------------------------------------------------------------------- copies


def test_a_round_up_that_quotes_two_stories_bridges_nothing() -> None:
    index = Index(FOLDING)
    index.fold(arrival(BRIDGE, 1))
    index.fold(arrival(ORCHARD, 2))

    digest = entry("Your Friday briefing", BRIDGE.summary + " " + ORCHARD.summary)
    assert is_alone(index, arrival(digest, 3))


def test_a_copy_joins_with_its_share_of_words() -> None:
    index = Index(FOLDING)
    index.fold(arrival(BRIDGE, 1))

    first = joined(index, arrival(WIRE, 2))

    assert first.relation is Relation.COPY
    assert first.reason.endswith("% of the words of title and text are the same")
    assert 0.8 < first.score < 1.0


def test_copies_outside_the_window_stay_apart() -> None:
    index = Index(FOLDING)
    index.fold(arrival(BRIDGE, 1))

    assert is_alone(index, arrival(WIRE, 2, at=NOON + 73 * HOUR))
    assert not is_alone(index, arrival(WIRE, 3, at=NOON + 72 * HOUR))


SENTENCES = (
    "The ferry to Tessel will sail every hour from the first of the month, its owner said.",
    "Bakers in the old town queue for flour after the mill burnt down on a windy night.",
    "A choir of two hundred voices opened the new hall with songs from the northern islands.",
    "Snow closed three passes in the east before noon, and ploughs came late to the villages.",
)


def bridging() -> list[Entry]:
    """Return two unlike entries, and one that is a copy of both."""
    left, right = " ".join(SENTENCES[:2]), " ".join(SENTENCES[2:])
    return [
        entry("Ferry and flour", left),
        entry("Choir and snow", right),
        entry("Ferry, flour, choir and snow", left + " " + right),
    ]


def test_a_copy_of_two_stories_makes_them_one_and_the_older_id_stays() -> None:
    index = Index(FOLDING)
    one, other, both = (arrival(text, number) for number, text in enumerate(bridging(), 1))
    first, second = started(index, one), started(index, other)

    joining, merge = index.fold(both)

    assert isinstance(joining, Joined)
    assert isinstance(merge, Merged)
    assert joining.story_id == merge.kept_id == first.story_id
    assert merge.absorbed_id == second.story_id
    assert merge.relation is Relation.COPY
    assert "stand in the longer one" in merge.reason
    assert merge.score == 0.99
    assert "in one story" in index.explain(1, 2)


def test_a_merge_through_a_later_member_leaves_the_other_lead_as_coverage() -> None:
    index = Index(FOLDING)
    one, other, both = (arrival(text, number) for number, text in enumerate(bridging(), 1))
    index.fold(one)
    index.add(arrival(ORCHARD, 50), story_id="orchard")
    index.add(other, story_id="orchard")

    _, merge = index.fold(both)

    assert isinstance(merge, Merged)
    assert merge.relation is Relation.COVERAGE


POOL = [
    *bridging(),
    BRIDGE,
    WIRE,
    replace(BRIDGE, summary=BRIDGE.summary[:110]),
    ORCHARD,
    replace(ORCHARD, title="Frost ruins half of the plum harvest in Tessel"),
    entry("Tramway runs again", url=PAGE),
    entry("Trams run", url=PAGE + "?fbclid=1"),
]


@given(st.permutations(range(len(POOL))))
@settings(max_examples=60, deadline=None)
def test_copies_are_the_same_in_any_order(order: list[int]) -> None:
    arrivals = [arrival(text, number) for number, text in enumerate(POOL, 1)]
    index = Index(replace(FOLDING, coverage=False))

    found = groups(stories_of(index, [arrivals[place] for place in order]))

    assert found == {
        frozenset({1, 2, 3}),
        frozenset({4, 5, 6}),
        frozenset({7, 8}),
        frozenset({9, 10}),
    }


# ------------------------------------------------------------------- coverage


def test_another_outlet_on_the_same_event_is_coverage() -> None:
    index = filled()
    start = started(index, arrival(BRIDGE, 1))

    first = joined(index, arrival(BRIDGE_ELSEWHERE, 2, at=NOON + 2 * HOUR))

    assert first.relation is Relation.COVERAGE
    assert first.story_id == start.story_id
    assert first.witness_id == 1
    assert 0.62 <= first.score < 1.0
    assert first.reason.startswith("shares ")
    assert "marlow" in first.reason
    assert first.reason.endswith("% of the shorter title")


@pytest.mark.parametrize(
    ("folding", "first", "second"),
    [
        (replace(FOLDING, coverage=False), True, True),
        (FOLDING, True, False),
        (FOLDING, False, True),
    ],
    ids=["for all", "for the new entry's feed", "for the old entry's feed"],
)
def test_coverage_can_be_switched_off(folding: Folding, *, first: bool, second: bool) -> None:
    index = filled(folding)
    index.fold(arrival(BRIDGE, 1, coverage=first))

    assert is_alone(index, arrival(BRIDGE_ELSEWHERE, 2, coverage=second))


def test_a_feeds_own_follow_up_joins_where_the_titles_share_more_than_a_name() -> None:
    index = filled()
    index.fold(arrival(BRIDGE, 1, feed=5))

    found = joined(index, arrival(BRIDGE_ELSEWHERE, 2, feed=5))
    assert found.relation is Relation.COVERAGE

    column = replace(BRIDGE_ELSEWHERE, title="Marlow harbour this week: tides and tempers")
    assert is_alone(filled(), arrival(column, 3, feed=5))
    index.add(arrival(column, 4, feed=5), story_id="column")
    assert "begin or end only: a series" in index.explain(4, 1)


def test_two_stories_on_one_event_are_made_one_by_an_entry_between_them() -> None:
    index = filled()
    for number, story in ((1, "older"), (2, "newer")):
        index.add(arrival(BRIDGE, number), story_id=story)

    joining, *merges = index.fold(arrival(BRIDGE_ELSEWHERE, 3))

    assert isinstance(joining, Joined)
    assert (joining.story_id, joining.relation) == ("older", Relation.COVERAGE)
    (merge,) = merges
    assert isinstance(merge, Merged)
    assert (merge.kept_id, merge.absorbed_id) == ("older", "newer")
    assert merge.relation is Relation.COVERAGE
    assert merge.reason.startswith("two stories on one event: shares ")
    assert 0.5 < merge.score < 1.0
    assert len({index.explain(1, 2)[:12], "in one story"}) == 1


def test_stories_kept_apart_are_not_made_one_by_coverage() -> None:
    index = filled()
    index.keep_apart(1, 2)
    for number, story in ((1, "older"), (2, "newer")):
        index.add(arrival(BRIDGE, number), story_id=story)

    assert joined(index, arrival(BRIDGE_ELSEWHERE, 3)).story_id == "older"


def test_coverage_must_be_like_the_story_on_average() -> None:
    """One likely member is not enough when the others are about something else."""
    index = filled()
    index.add(arrival(BRIDGE, 1), story_id="mixed")
    for number in (2, 3, 4):
        index.add(arrival(ORCHARD, number), story_id="mixed")

    assert is_alone(index, arrival(BRIDGE_ELSEWHERE, 5))


def test_another_event_is_another_story() -> None:
    index = filled()
    index.fold(arrival(BRIDGE, 1))

    assert is_alone(index, arrival(ORCHARD, 2))


SERIES = [
    ("Puzzle of the day: hints and answer {n} for November {n}", "Stuck? Here is answer {n}."),
    ("widget 5.14.{n}", "Bug fixes and better speed. See the list of changes for 5.14.{n}."),
    ("Tessel reports {n}41 new cases, {n} deaths", "Officials in Tessel counted {n}41 new cases."),
    ("Daily discussion - November {n}, 2026", "Talk about anything here. Be kind."),
    ("Letters to the editor", "From our readers."),
    ("Photos of the day", "Today's selection."),
]


@pytest.mark.parametrize("same_feed", [True, False], ids=["one feed", "many feeds"])
@pytest.mark.parametrize(("title", "summary"), SERIES, ids=[title for title, _ in SERIES])
def test_a_recurring_series_never_folds(title: str, summary: str, *, same_feed: bool) -> None:
    index = filled()
    arrivals = [
        arrival(
            entry(title.format(n=n), summary.format(n=n)),
            n,
            feed=7 if same_feed else 0,
            at=NOON + n * 6 * HOUR,
        )
        for n in range(1, 7)
    ]

    assert len(groups(stories_of(index, arrivals))) == 6


LANGUAGES = {
    "zh": (
        "港口大桥经九个月修复后重新通车",
        "去年冬天一艘驳船撞毁了大桥的两座桥墩。工程师表示整个工程历时九个月。",
    ),
    "th": (
        "สะพานท่าเรือเปิดใช้อีกครั้งหลังซ่อมเก้าเดือน",
        "เรือบรรทุกชนเสาสะพานเมื่อฤดูหนาวที่แล้ว",
    ),
    "ar": (
        "إعادة فتح جسر الميناء بعد تسعة أشهر من الإصلاح",
        "صدمت سفينة شحن اثنتين من ركائز الجسر في الشتاء الماضي وعادت الحركة",
    ),
    "ru": (
        "Мост в гавани открыли после девяти месяцев ремонта",
        "Прошлой зимой баржа снесла две опоры моста, работы шли всю весну.",
    ),
    "de": (
        "Hafenbrücke nach neun Monaten Bauzeit wieder für den Verkehr offen",
        "Im Winter hatte ein Lastkahn zwei Pfeiler der Hafenbrücke gerammt, sagt der Ingenieur.",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_copies_fold_in_any_language(language: str) -> None:
    title, text = LANGUAGES[language]
    index = filled()
    index.fold(arrival(entry(title, text, language=language), 1))
    for number, other in enumerate(set(LANGUAGES) - {language}, 50):
        index.fold(arrival(entry(*LANGUAGES[other], language=other), number))

    first = joined(index, arrival(entry(title, text[:-3] + "!", language=""), 2))

    assert first.relation is Relation.COPY
    assert first.witness_id == 1


def test_coverage_folds_across_the_forms_of_german_words() -> None:
    index = filled()
    index.fold(arrival(entry(*LANGUAGES["de"], language="de"), 1))

    first = joined(
        index,
        arrival(
            entry(
                "Verkehr rollt wieder über die Hafenbrücke: neun Monate Bauzeit enden",
                "Zwei Pfeiler der Hafenbrücke waren im Winter von einem Lastkahn gerammt worden.",
                language="de",
            ),
            2,
        ),
    )

    assert first.relation is Relation.COVERAGE


@pytest.mark.parametrize("others", [0, 20, 60, 200])
def test_a_town_is_no_evidence_while_the_window_is_small(others: int) -> None:
    """On a first poll every word looks rare, also the town that all outlets write about."""
    index = Index(FOLDING)
    for number in range(others):
        text = f"Report {number} from ward{number}: clerk{number} counted barrel{number} twice."
        index.fold(arrival(entry(f"ward{number} counts barrel{number}", text), 500 + number))
    tides = entry("High water at Marlow Harbour: 345 centimetres", "Low water follows at Marlow.")
    index.fold(arrival(BRIDGE, 1))

    assert is_alone(index, arrival(tides, 2))


@pytest.mark.parametrize("others", [0, 20, 60])
def test_two_outlets_on_one_event_fold_in_a_small_window_too(others: int) -> None:
    index = Index(FOLDING)
    for number in range(others):
        text = f"Report {number} from ward{number}: clerk{number} counted barrel{number} twice."
        index.fold(arrival(entry(f"ward{number} counts barrel{number}", text), 500 + number))
    index.fold(arrival(BRIDGE, 1))

    assert joined(index, arrival(BRIDGE_ELSEWHERE, 2)).relation is Relation.COVERAGE


# ------------------------------------------------------------- a person's word


def test_entries_kept_apart_never_meet_again() -> None:
    index = Index(FOLDING)
    index.keep_apart(1, 2)
    index.fold(arrival(BRIDGE, 1))

    assert is_alone(index, arrival(WIRE, 2))
    assert "kept apart by a person" in index.explain(1, 2)


def test_a_copy_of_two_kept_apart_joins_the_older_and_merges_nothing() -> None:
    index = Index(FOLDING)
    index.keep_apart(2, 1)
    start = started(index, arrival(BRIDGE, 1))
    index.fold(arrival(WIRE, 2))

    assert joined(index, arrival(BRIDGE, 3)).story_id == start.story_id


def test_coverage_does_not_join_a_story_that_is_kept_apart() -> None:
    index = filled()
    index.keep_apart(1, 2)
    index.fold(arrival(BRIDGE, 1))

    assert is_alone(index, arrival(BRIDGE_ELSEWHERE, 2))


def test_a_moved_entry_takes_its_copies_along() -> None:
    index = Index(FOLDING)
    index.fold(arrival(BRIDGE, 1))
    index.move(1, "chosen")
    index.move(99, "chosen")

    assert joined(index, arrival(WIRE, 2)).story_id == "chosen"


# --------------------------------------------------------------------- memory


def test_a_loaded_index_decides_as_the_one_that_was_left() -> None:
    index, again = Index(FOLDING), Index(FOLDING)
    one = arrival(BRIDGE, 1)
    start = started(index, one)
    again.add(one, story_id=start.story_id)

    assert again.fold(arrival(WIRE, 2)) == index.fold(arrival(WIRE, 2))


def test_what_came_before_an_entry_is_forgotten() -> None:
    index = Index(FOLDING)
    index.fold(arrival(BRIDGE, 1))
    index.fold(arrival(ORCHARD, 2, at=NOON + 2 * HOUR))

    index.forget_before(2)

    assert len(index) == 1
    assert is_alone(index, arrival(WIRE, 3))
    assert index.explain(1, 2) == "entry 1 is not among the recent ones"


def test_an_entry_that_comes_twice_is_held_once() -> None:
    index = filled()
    held = len(index)
    index.fold(arrival(BRIDGE, 1))
    index.fold(arrival(BRIDGE, 1))

    assert len(index) == held + 1
    assert joined(index, arrival(WIRE, 2)).witness_id == 1


def test_features_of_another_version_fold_with_nothing() -> None:
    index = Index(FOLDING)
    index.fold(arrival(BRIDGE, 1))
    strange = replace(arrival(BRIDGE, 2), features=b"\xff" + describe(BRIDGE)[1:])

    assert is_alone(index, strange)


# ---------------------------------------------------------------- explanation


def test_an_explanation_says_what_speaks_for_and_against() -> None:
    index = filled()
    index.fold(arrival(BRIDGE, 1))
    index.fold(arrival(BRIDGE_ELSEWHERE, 2))
    index.fold(arrival(ORCHARD, 3))
    index.fold(arrival(WIRE, 4, at=NOON + 100 * HOUR))

    assert "in one story; no copy: " in index.explain(1, 2)
    assert "coverage: shares " in index.explain(1, 2)
    assert "in two stories" in index.explain(1, 3)
    assert "no coverage: " in index.explain(1, 3)
    assert "further apart in time than the window" in index.explain(1, 4)
    assert "a copy: 9" in index.explain(1, 4)


def test_an_explanation_names_the_guard_that_refused() -> None:
    index = Index(FOLDING)
    for number, (title, summary) in enumerate([SERIES[0], SERIES[0]], 1):
        long = summary + " Thousands of readers try to solve it every morning before work."
        index.fold(arrival(entry(title.format(n=number), long.format(n=number)), number))

    assert "no copy: the same title with other numbers or dates" in index.explain(1, 2)
    assert "no coverage: the same title with other numbers or dates" in index.explain(1, 2)


def test_an_explanation_names_one_address() -> None:
    index = Index(FOLDING)
    index.fold(arrival(entry("Bridge reopens", url=PAGE), 1))
    index.fold(arrival(entry("Marlow bridge", url=PAGE + "?gclid=1"), 2))

    assert "same address after removing gclid" in index.explain(1, 2)


# ------------------------------------------------------------------- training


def test_the_pairs_to_train_on_are_those_that_would_be_compared() -> None:
    index = filled()
    index.fold(arrival(BRIDGE, 1))
    index.fold(arrival(ORCHARD, 2))

    found = dict(index.candidates(arrival(BRIDGE_ELSEWHERE, 3), most=9))

    assert 1 in found
    assert found[1].text_cosine > 0
    assert 1 not in dict(index.candidates(arrival(WIRE, 4), most=9))


def test_a_feeds_recurring_series_covers_nothing() -> None:
    """What one feed fills in again and again shares words with much, and tells of no event."""
    monday = replace(BRIDGE_ELSEWHERE, title="Marlow harbour bridge traffic: 3,977 cars")
    tuesday = replace(BRIDGE_ELSEWHERE, title="Marlow harbour bridge traffic: 4,120 cars")
    knows_no_series, knows_the_series = filled(), filled()
    for index in (knows_no_series, knows_the_series):
        index.fold(arrival(BRIDGE, 1))
    knows_the_series.add(arrival(monday, 2, feed=9), story_id="elsewhere")

    joined(knows_no_series, arrival(tuesday, 3, feed=9))
    started(knows_the_series, arrival(tuesday, 3, feed=9))

    assert "one outlet's titles with other numbers" in knows_the_series.explain(3, 1)
