from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import UsageError
from aggregator.store import entries, feeds, retention, search
from aggregator.store.search import Hit
from tests.store.houses import NOON

if TYPE_CHECKING:
    from tests.store.houses import House


def found(house: House, words: str) -> list[int]:
    return [hit.entry_id for hit in search.search(house.db, words, limit=10)]


def test_a_hit_says_what_and_where(house: House) -> None:
    feed_id = house.feed("a")
    feeds.list_feeds(house.db, house.urls, now=NOON, titles={house.urls[0]: "The A Times"})
    read = house.read("k", title="Storm at sea", summary="Waves rose", published_at=NOON)
    entry_id = house.add(feed_id, read)

    assert search.search(house.db, "waves", limit=1) == [
        Hit(
            entry_id=entry_id,
            title="Storm at sea",
            url="https://e.example/k",
            outlet="The A Times",
            feed_url=house.urls[0],
            published_at=NOON,
            first_seen_at=NOON,
            story_id=house.story_id(entry_id),
            snippet="Waves rose",
        )
    ]


def test_the_title_counts_more_than_the_summary(house: House) -> None:
    feed_id = house.feed("a")
    below = house.add(feed_id, house.read("1", title="Other news", summary="storm"))
    above = house.add(feed_id, house.read("2", title="Storm news", summary="other"))

    assert found(house, "storm") == [above, below]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("crème brûlée", True),
        ("CREME brulee", True),
        ("brulee bru", True),
        ("bru", True),
        ("bru creme", False),
        ("creme pudding", False),
        ("o'brien", True),
        ("well-known", True),
        ("known-well", False),
        ("title : creme", True),
        ("creme OR pudding", False),
        ('"creme', True),
        ("creme -", True),
        ("NOT creme", False),
        ("(creme", True),
        ("creme\0", True),
    ],
)
def test_words_are_words(house: House, words: str, *, expected: bool) -> None:
    read = house.read("k", title="Crème brûlée", summary="O'Brien's well-known title")
    house.add(house.feed("a"), read)

    assert bool(found(house, words)) == expected


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("政府宣布新的铁路建设计划", "政府"),
        ("政府宣布新的铁路建设计划", "铁路"),
        ("政府宣布新的铁路建设计划", "建设计划"),
        ("政府宣布新的铁路建设计划", "划"),
        ("政府宣布新的铁路建设计划", "计划 铁路"),
        ("政府宣布新的铁路建设计划", "宣布新的铁路建设计划"),
        ("新型iPhone15を発表", "iphone15"),
        ("新型iPhone15を発表", "iphone15を"),
        ("新型iPhone15を発表", "発表"),
        ("新型iPhone15を発表", "iphone1"),
        ("東京でｶﾞｽ漏れ、一時騒然", "ｶﾞｽ"),
        ("미국대통령이 서울시장을 만났다", "대통령"),
        ("ประเทศไทยเปิดสะพานใหม่ข้ามแม่น้ำ", "สะพาน"),
        ("ประเทศไทยเปิดสะพานใหม่ข้ามแม่น้ำ", "แม่น้ำ"),
        ("ປະເທດລາວເປີດຂົວໃໝ່", "ຂົວ"),
        ("မြန်မာနိုင်ငံသတင်းများ", "သတင်း"),
        ("ព័ត៌មានកម្ពុជាថ្មី", "កម្ពុជា"),
        ("野家の𠮷田氏", "𠮷田"),
    ],
)
def test_a_word_is_found_where_no_space_stands(house: House, title: str, words: str) -> None:
    entry_id = house.add(house.feed("a"), house.read("k", title=title))

    assert found(house, words) == [entry_id]


@pytest.mark.parametrize(
    ("title", "words"),
    [("铁道与公路", "铁路"), ("路铁", "铁路"), ("บ้านดีมาก", "ดู"), ("iPhone発売", "phone")],
)
def test_what_only_shares_signs_is_not_found(house: House, title: str, words: str) -> None:
    house.add(house.feed("a"), house.read("k", title=title))

    assert found(house, words) == []


def test_a_text_without_spaces_is_shown_as_it_is(house: House) -> None:
    summary = "政府周一宣布了一项新的铁路建设计划。将连接iPhone产地与港口。"
    house.add(house.feed("a"), house.read("k", title="铁路", summary=summary))

    (hit,) = search.search(house.db, "建设", limit=1)

    assert (hit.title, hit.snippet) == ("铁路", summary)


def test_a_long_text_without_spaces_is_shown_around_the_word(house: House) -> None:
    house.add(house.feed("a"), house.read("k", summary="新" * 500 + "铁路" + "旧" * 500))

    (hit,) = search.search(house.db, "铁路", limit=1)

    assert "铁路" in hit.snippet
    assert len(hit.snippet) == len("……") + 60


def test_a_changed_text_is_found_by_its_new_words_alone(house: House) -> None:
    feed_id = house.feed("a")
    entry_id = house.add(feed_id, house.read("k", title="新的铁路建设"))
    for title in ("新的公路计划", "A new road"):
        read = house.read("k", title=title)
        (changed,) = entries.compare(house.db, feed_id, [read]).changed
        entries.change(house.db, [changed], now=NOON)

        assert found(house, title[-4:]) == [entry_id]
        assert found(house, "铁路") == []


def test_a_pruned_text_is_let_go_of_whole(house: House) -> None:
    feed_id = house.feed("a")
    house.add(feed_id, house.read("k", title="新的铁路建设"))
    entries.mark_present(house.db, feed_id, keys={}, slices=frozenset(), now=NOON)

    span = timedelta(days=1)
    retention.prune(house.db, retention_by_feed={feed_id: span}, now=NOON + 2 * span)

    assert found(house, "铁路") == []
    assert house.db.execute("SELECT * FROM cut_words").fetchall() == []


def test_a_pasted_text_without_spaces_is_looked_for_by_its_beginning(house: House) -> None:
    text = "铁路" * search.MAX_SIGNS
    entry_id = house.add(house.feed("a"), house.read("k", title=text))

    assert search.as_question(text).count("\x1f") <= search.MAX_SIGNS
    assert found(house, text) == [entry_id]


@pytest.mark.parametrize("words", ["", "  ", "-- ?! \"'", "\0"])
def test_no_word_at_all_is_told(house: House, words: str) -> None:
    with pytest.raises(UsageError, match="at least one word"):
        search.search(house.db, words, limit=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    words=st.text(st.characters(exclude_categories=()), min_size=1).map(lambda text: f"a {text}")
)
def test_no_words_break_the_question(house: House, words: str) -> None:
    assert found(house, words) == []


def test_the_best_hits_stand_within_the_limit(house: House) -> None:
    feed_id = house.feed("a")
    for number in range(5):
        house.add(feed_id, house.read(str(number), title="Storm"))

    assert len(search.search(house.db, "storm", limit=3)) == 3
