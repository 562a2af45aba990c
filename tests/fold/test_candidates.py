"""Postings find what shares keys and stems, and forget what has gone."""

from __future__ import annotations

import pytest

from aggregator.fold.candidates import (
    KNOWN_POPULATION,
    MAX_BUCKET,
    MAX_KEY_POSTINGS,
    MAX_OF_STEM,
    MAX_POSTINGS,
    MIN_SEARCHED_KEYS,
    KeyPostings,
    StemPostings,
)


def test_a_key_leads_to_its_entries() -> None:
    postings = KeyPostings()
    postings.add((1, 2), 10)
    postings.add((2, 3), 11)
    postings.add((2,), 12)

    assert postings.entries(1) == [10]
    assert postings.entries(2) == [10, 11, 12]
    assert postings.entries(9) == []


def test_a_removed_entry_stands_under_no_key() -> None:
    postings = KeyPostings()
    postings.add((1, 2), 10)
    postings.add((2,), 11)

    postings.remove((1, 2), 10)
    assert postings.entries(1) == []
    assert postings.entries(2) == [11]

    postings.remove((2, 7), 11)
    assert postings.entries(2) == []


def test_one_shared_key_is_too_little() -> None:
    postings = KeyPostings()
    postings.add((1, 2, 3), 10)
    postings.add((3, 4, 5), 11)
    postings.add((2, 3, 4), 12)

    assert postings.sharing((1, 2, 3)) == [10, 12]


def test_a_key_of_boilerplate_is_bounded() -> None:
    postings = KeyPostings()
    for entry_id in range(MAX_BUCKET + 50):
        postings.add((1,), entry_id)

    assert len(postings.entries(1)) == MAX_BUCKET
    assert postings.entries(1)[-1] == MAX_BUCKET + 49


def test_a_key_of_boilerplate_keeps_no_list_of_all_its_entries() -> None:
    """In a large window half of all entries share a pair of common words."""
    postings = KeyPostings()
    for entry_id in range(MAX_BUCKET * 10):
        postings.add((1,), entry_id)

    held = postings._under[1]
    assert isinstance(held, list)
    assert len(held) < 2 * MAX_BUCKET
    postings.remove((1,), 0)
    assert len(postings.entries(1)) == MAX_BUCKET


def test_rare_keys_are_searched_before_those_of_boilerplate() -> None:
    postings = KeyPostings()
    common, own = tuple(range(100, 120)), tuple(range(6))
    for entry_id in range(MAX_BUCKET):
        postings.add(common, entry_id)
    postings.add(own, 9_000)  # a copy shares five or more

    assert postings.sharing((*common, *own))[0] == 9_000


def test_what_shares_boilerplate_alone_is_still_found() -> None:
    postings = KeyPostings()
    common = tuple(range(MIN_SEARCHED_KEYS))
    for entry_id in range(MAX_KEY_POSTINGS * 2):
        postings.add(common, entry_id)

    assert len(postings.sharing(common)) == MAX_BUCKET


def test_removing_what_is_not_there_leaves_the_others() -> None:
    postings = KeyPostings()
    postings.add((1,), 10)
    postings.add((2,), 10)
    postings.add((2,), 11)

    postings.remove((1, 2, 3), 12)
    postings.remove((2,), 11)
    postings.remove((2,), 11)

    assert postings.entries(1) == [10]
    assert postings.entries(2) == [10]


def test_a_stem_is_rarer_the_fewer_entries_hold_it() -> None:
    postings = StemPostings()
    for entry_id in range(KNOWN_POPULATION):
        postings.add((1,) if entry_id else (1, 2), entry_id)

    rarity = postings.rarities((1, 2, 3))

    assert rarity[3] == 1.0
    assert rarity[1] < 0.01
    assert rarity[1] < rarity[2] < rarity[3]


def test_no_word_is_surely_rare_in_a_small_window() -> None:
    small, large = StemPostings(), StemPostings()
    for entry_id in range(30):
        small.add((1, 2) if entry_id < 3 else (1,), entry_id)
    for entry_id in range(KNOWN_POPULATION):
        large.add((1, 2) if entry_id < 3 else (1,), entry_id)

    few, many = small.rarities((1, 2, 3)), large.rarities((1, 2, 3))

    assert few[1] < few[2] < few[3] < 0.9
    assert few[2] < many[2] - 0.2
    assert many[3] == 1.0


def test_rarities_do_not_jump_where_the_window_becomes_known() -> None:
    postings = StemPostings()
    for entry_id in range(KNOWN_POPULATION - 1):
        postings.add((1,) if entry_id < 9 else (), entry_id)
    before = postings.rarities((1, 2))
    postings.add((), KNOWN_POPULATION)

    assert postings.rarities((1, 2)) == pytest.approx(before, abs=0.01)


def test_partners_share_two_rare_stems() -> None:
    postings = StemPostings()
    postings.add((1, 2, 3), 10)
    postings.add((1, 8, 9), 11)
    postings.add((2, 3, 9), 12)

    assert postings.partners(postings.rarities((1, 2, 3))) == [10, 12]


def test_common_stems_are_left_when_the_budget_is_spent() -> None:
    postings = StemPostings()
    for entry_id in range(MAX_POSTINGS * 2):
        postings.add((1, 2, 3, 4, 5), entry_id)

    found = postings.partners(postings.rarities((1, 2, 3, 4, 5)))

    assert found == list(reversed(range(MAX_POSTINGS * 2)))[:MAX_OF_STEM]


def test_words_that_many_hold_leave_room_for_others() -> None:
    """What one word alone would take of the budget is bounded: all of an event's are searched."""
    postings = StemPostings()
    for entry_id in range(MAX_POSTINGS * 2):
        postings.add((1, 2) if entry_id % 2 else (3, 4), entry_id)
    postings.add((1, 3, 5), 9_000)

    found = postings.partners(postings.rarities((1, 3, 5)))

    assert found[0] == 9_000


def test_a_removed_entry_holds_no_stem() -> None:
    postings = StemPostings()
    for entry_id in range(10):
        postings.add((1, 2), entry_id)

    for entry_id in range(9):
        postings.remove((1, 2), entry_id)

    assert postings.population == 1
    assert postings.partners(postings.rarities((1, 2))) == [9]

    postings.remove((1, 2), 9)
    assert postings.rarities((1,)) == StemPostings().rarities((1,))


def test_an_entry_that_comes_again_counts_once() -> None:
    postings = StemPostings()
    for entry_id in range(4):
        postings.add((1, 2), entry_id)
    before = postings.rarities((1, 2))

    postings.remove((1, 2), 0)
    postings.add((1, 2), 0)

    assert postings.rarities((1, 2)) == before
    assert sorted(postings.partners(before)) == [0, 1, 2, 3]


def test_what_has_gone_is_swept_in_the_end() -> None:
    """The ids of entries that left must not pile up over the years."""
    postings = StemPostings()
    for entry_id in range(300):
        postings.add((1,), entry_id)
    for entry_id in range(300, 2_000):
        postings.add((1, entry_id), entry_id)
        postings.remove((1, entry_id), entry_id)

    assert len(postings._gone) <= 300
    assert postings.population == 300
    assert postings._holding.keys() == {1}
