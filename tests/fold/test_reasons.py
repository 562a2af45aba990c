"""Reasons read as sentences, made of the entries' own words."""

from __future__ import annotations

from aggregator.fold import reasons


def test_what_was_removed_from_an_address_is_named() -> None:
    plain, tracked = "https://a.example/1", "https://m.a.example/1?utm_source=x&fbclid=y&gclid=z"

    assert reasons.same_address(plain, plain) == "same address"
    assert reasons.same_address(plain, plain + "?utm_source=x") == (
        "same address after removing utm_source"
    )
    assert reasons.same_address(plain, tracked) == (
        "same address after removing the mobile host, utm_source and fbclid"
    )


def test_shared_words_are_the_rarest_in_the_order_of_the_text() -> None:
    words = {1: "Grozny", 2: "119", 3: "said", 4: "evacuated"}
    rarity = {1: 0.9, 2: 0.8, 3: 0.1, 4: 0.7}

    found = reasons.shared_words({1, 2, 4, 99}, words, rarity, part=0.834)

    assert found == "shares Grozny, 119, evacuated; 83 % of the shorter title"


def test_a_reason_names_only_a_few_words() -> None:
    words = {number: f"word{number}" for number in range(20)}
    rarity = {number: number / 20 for number in range(20)}

    found = reasons.shared_words(set(words), words, rarity, part=1.2)

    assert found == (
        "shares word14, word15, word16, word17, word18, word19; 100 % of the shorter title"
    )


def test_a_copy_says_how_much_is_the_same() -> None:
    assert reasons.same_words(0.874) == "87 % of the words of title and text are the same"
    assert reasons.shorter_inside(0.95) == (
        "95 % of the words of the shorter entry stand in the longer one"
    )
    assert reasons.same_id() == "same id"


def test_other_kinds_of_copies_say_what_is_the_same() -> None:
    assert reasons.same_headline(1.0) == (
        "100 % of the shorter headline is the same, and no more is told under it"
    )
    assert reasons.same_sentences(0.5) == (
        "50 % of the sentences of the shorter full text are the same"
    )
    assert reasons.one_event("shares Marlow; 50 % of the shorter title") == (
        "two stories on one event: shares Marlow; 50 % of the shorter title"
    )
