from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read.tokens import is_token, skeleton, tokenless

UUID = "550e8400-e29b-41d4-a716-446655440000"

SKELETONS = {
    "": "",
    "no address": "no address",
    "https://a.example/node/12345": "a.example/node/12345",
    "HTTP://A.Example/Story": "a.example/Story",
    "https://user:word@a.example/1": "a.example/1",
    "https://a.example/story#part": "a.example/story",
    "https://a.example/x;jsessionid=88AF?id=12&sid=abc": "a.example/x?id=12",
    "https://a.example/x?PHPSESSID=7&amp;id=3": "a.example/x?id=3",
    "https://a.example/x?id=3&token=1": "a.example/x?id=3",
    "https://a.example/x?t=1764028800": "a.example/x",
    "https://news.example/articles/CBMiWkFVX3lxTE5abc?oc=5": "news.example/articles/*",
    f"https://a.example/{UUID}/read": "a.example/*/read",
    "https://a.example/covid-19-deaths-2024": "a.example/covid-19-deaths-2024",
    "https://a.example/2026/11/25/open-thread": "a.example/2026/11/25/open-thread",
    "https://a.example/InternationalDesk": "a.example/*",
}


@pytest.mark.parametrize(("url", "expected"), SKELETONS.items(), ids=SKELETONS.keys())
def test_a_skeleton_is_what_stays(url: str, expected: str) -> None:
    assert skeleton(url) == expected


@pytest.mark.parametrize("word", ["bridge", "covid19", "2024election", "12345678", "Harbour", ""])
def test_words_and_numbers_are_no_tokens(word: str) -> None:
    assert not is_token(word)


@pytest.mark.parametrize("word", ["a8f3c2d9", UUID, "x_9f8e7d6c5b", "dQwXgXcQdQwXgXcQ"])
def test_what_is_drawn_by_chance_is_a_token(word: str) -> None:
    assert is_token(word)


def test_addresses_in_a_text_are_brought_to_their_skeletons() -> None:
    text = '<a href="https://a.example/x?token=1">x</a> and http://b.example/y?sid=2 end'

    assert tokenless(text) == '<a href="a.example/x">x</a> and b.example/y end'
    assert tokenless("no address") == "no address"


@given(st.text())
def test_any_text_has_a_skeleton_that_is_final(text: str) -> None:
    url = f"https://a.example/{text}"

    assert skeleton(f"https://{skeleton(url)}") == skeleton(url)


def test_a_very_long_address_has_a_skeleton_too() -> None:
    assert skeleton(f"https://a.example/{'x/' * 5_000}a?sid=1") == f"a.example/{'x/' * 5_000}a"
