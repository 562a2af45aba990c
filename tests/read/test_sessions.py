"""Which parts of addresses are tokens: what changes for all at once and identifies nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read.sessions import Again, merges_unlike, places

SITE = "https://o.example"
FORMS = {
    "?sid": "/story?id={number}&sid={token}",
    ";jsessionid": "/story/{number};jsessionid={token}?page=1",
    "/_next/": "/_next/{token}/story/{number}",
    "//": "/{token}/story/{number}",
}


def seen(form: str, *, count: int = 3, old: str = "a1", new: str = "b2") -> list[Again]:
    return [
        Again(
            old=SITE + form.format(number=number, token=old),
            new=SITE + form.format(number=number, token=new),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(("place", "form"), FORMS.items())
def test_what_changes_in_three_entries_at_once_is_a_token(place: str, form: str) -> None:
    assert places(seen(form)) == {"o.example": frozenset({place})}


@pytest.mark.parametrize("form", FORMS.values())
def test_two_entries_teach_nothing(form: str) -> None:
    assert places(seen(form, count=2)) == {}


@pytest.mark.parametrize("form", FORMS.values())
def test_what_one_entry_keeps_is_no_token(form: str) -> None:
    stays = SITE + form.format(number=9, token="a1")  # noqa: S106 - no secret

    assert places([*seen(form), Again(old=stays, new=stays)]) == {}
    assert places(seen(form), unchanged=[stays]) == {}


def test_a_parameter_that_stays_while_another_changes_is_no_token() -> None:
    one = [
        Again(old=f"{SITE}/{number}?v={number}&t=1", new=f"{SITE}/{number}?v={number}&t=2")
        for number in range(5)
    ]
    assert places(one) == {"o.example": frozenset({"?t"})}


def test_values_of_their_own_are_tokens_in_parameters_and_never_in_segments() -> None:
    own = [
        (f"{SITE}/s?id={number}&t=x{number}", f"{SITE}/s?id={number}&t=y{number}")
        for number in range(5)
    ]
    slugs = [(f"{SITE}/news/old-{number}", f"{SITE}/news/new-{number}") for number in range(5)]

    assert places([Again(old=old, new=new) for old, new in own]) == {"o.example": frozenset({"?t"})}
    assert places([Again(old=old, new=new) for old, new in slugs]) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://a.example/{}?s=1", "https://b.example/{}?s=2"),
        ("https://a.example/{}?s=1", "https://a.example/x/{}?s=2"),
        ("https://a.example/{}?s=1", "https://a.example/{}?t=2"),
        ("https://a.example/one/x/{}", "https://a.example/two/y/{}"),
        ("https://a.example/{}?a=1&b=1&c=1&d=1", "https://a.example/{}?a=2&b=2&c=2&d=2"),
        ("https://[a/{}", "https://[b/{}"),
        ("", ""),
    ],
)
def test_another_address_teaches_nothing(old: str, new: str) -> None:
    assert places([Again(old=old.format(n), new=new.format(n)) for n in range(5)]) == {}


def test_a_part_without_which_unlike_entries_are_one_address_identifies() -> None:
    entries = [(f"{SITE}/story?id={number}", f"Title {number}") for number in range(3)]

    assert merges_unlike(entries, without=lambda url: url.partition("?")[0])
    assert not merges_unlike(entries, without=lambda url: url)
    assert not merges_unlike(entries, without=lambda _: "")


def test_an_entry_kept_twice_is_no_other_one() -> None:
    entries = [(f"{SITE}/story?id={number}", "One  title") for number in range(3)]

    assert not merges_unlike([*entries, (SITE, "one title")], without=lambda _: "all")


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40)), max_size=8))
def test_no_text_breaks_it(pairs: list[tuple[str, str]]) -> None:
    found = places([Again(old=f"https://h/{old}", new=f"https://h/{new}") for old, new in pairs])

    assert all(own for own in found.values())
