"""What names the same thing, and what must never be taken for it."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fold.addresses import TRACKING
from aggregator.fold.identity import (
    canonical_url,
    guid_identity,
    host_of,
    reduce_url,
    story_id,
    without_tokens,
)

PAGE = "https://paper.example/2026/11/bridge-reopens"
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "folding" / "dev.tar.xz"

SAME = {
    "http": "http://paper.example/2026/11/bridge-reopens",
    "default port": "http://paper.example:80/2026/11/bridge-reopens",
    "capital host": "https://PAPER.Example/2026/11/bridge-reopens",
    "root dot": "https://paper.example./2026/11/bridge-reopens",
    "www": "https://www.paper.example/2026/11/bridge-reopens",
    "mobile host": "https://m.paper.example/2026/11/bridge-reopens",
    "amp host": "https://amp.paper.example/2026/11/bridge-reopens",
    "trailing slash": PAGE + "/",
    "fragment": PAGE + "#comments",
    "index file": PAGE + "/index.html",
    "userinfo": "https://reader@paper.example/2026/11/bridge-reopens",
    "dot segments": "https://paper.example/x/../2026/./11/bridge-reopens",
    "needless escape": "https://paper.example/2026/11/bridge%2Dreopens",
    "session": PAGE + ";jsessionid=0A1B2C",
    "session of PHP": PAGE + "?PHPSESSID=8k2f0v9q1c7d3m5n6p4r2s1t0u",
    "session of Java": PAGE + "?JSESSIONID=0A1B2C.node7",
    "session of ASP": PAGE + "?ASPSESSIONIDQQBRTDCA=HJKLDFGABCNMEOPI",
    "session of a forum": PAGE + "?sid=0f3b7c9a1d5e2f4b6a8c0d1e3f5a7b9c",
    "tracking": PAGE + "?utm_source=rss&utm_medium=feed&fbclid=IwAR0&gclid=x",
    "twice escaped": PAGE + "?utm_source=rss&amp;utm_medium=feed",
    "feed reference": PAGE + "?ref=rss",
    "amp path": PAGE + "/amp/",
    "amp parameter": PAGE + "?outputType=amp",
    "bare amp parameter": PAGE + "?amp",
    "amp prefix": "https://paper.example/amp/2026/11/bridge-reopens",
    "amp cache": "https://paper-example.cdn.ampproject.org/c/s/paper.example/2026/11/bridge-reopens",
    "google amp": "https://www.google.com/amp/s/paper.example/2026/11/bridge-reopens",
    "turbo": "https://paper-example.turbopages.org/paper.example/s/2026/11/bridge-reopens",
    "google redirect": "https://www.google.com/url?rct=j&url=https%3A%2F%2Fpaper.example%2F2026"
    "%2F11%2Fbridge-reopens&ct=ga",
    "facebook redirect": "https://l.facebook.com/l.php?u=https%3A%2F%2Fm.paper.example%2F2026"
    "%2F11%2Fbridge-reopens&h=AT0",
}


@pytest.mark.parametrize("url", SAME.values(), ids=SAME.keys())
def test_forms_of_one_address_are_one(url: str) -> None:
    assert canonical_url(url) == PAGE


DIFFERENT = {
    "id": ("https://a.example/view.php?id=1", "https://a.example/view.php?id=2"),
    "p": ("https://a.example/?p=1000", "https://a.example/?p=2000"),
    "sid that numbers": ("https://a.example/n?sid=20261123", "https://a.example/n?sid=20261124"),
    "sid that names": ("https://a.example/n?sid=bridge-reopens", "https://a.example/n?sid=mill"),
    "sid of letters": (
        "https://a.example/n?sid=" + "a" * 30,
        "https://a.example/n?sid=" + "b" * 30,
    ),
    "v": ("https://www.youtube.com/watch?v=abc", "https://www.youtube.com/watch?v=abd"),
    "article": ("https://a.example/n?article=7", "https://a.example/n?article=8"),
    "language": ("https://a.example/n?lang=en", "https://a.example/n?lang=fr"),
    "page": ("https://a.example/n?from=10", "https://a.example/n?from=20"),
    "branch": ("https://a.example/code?ref=main", "https://a.example/code?ref=next"),
    "path case": ("https://a.example/Story", "https://a.example/story"),
    "edition host": ("https://uk.a.example/x1", "https://in.a.example/x1"),
    "port": ("https://a.example:8443/x", "https://a.example/x"),
    "route": ("https://a.example/#!/one", "https://a.example/#!/two"),
    "escaped slash": ("https://a.example/a%2Fb", "https://a.example/a/b"),
    "title with amp": ("https://a.example/guitar-amp", "https://a.example/guitar"),
}


@pytest.mark.parametrize(("left", "right"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_identifies_stays(left: str, right: str) -> None:
    assert canonical_url(left) != canonical_url(right)
    assert canonical_url(left)
    assert canonical_url(right)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://paper.example",
        "https://www.paper.example/?utm_source=rss",
        "https://paper.example/index.html",
        "https://paper.example/#!/",
        "mailto:desk@paper.example",
        "not an address",
        "https://",
        "https://paper.example/" + "x" * 5000,
        "https://paper.example/\ud800",
        "https://www.google.com/url?url=" + "https://www.google.com/url?url=" * 9,
    ],
    ids=lambda url: url[:40].encode("ascii", "replace").decode() or "empty",
)
def test_what_names_nothing_has_no_form(url: str) -> None:
    assert canonical_url(url) == ""


def test_the_order_of_parameters_does_not_matter() -> None:
    assert canonical_url(PAGE + "?b=2&a=1") == canonical_url(PAGE + "?a=1&b=2")


def test_a_video_has_one_address() -> None:
    watch = canonical_url("https://www.youtube.com/watch?v=dQw4&feature=share")

    assert canonical_url("https://youtu.be/dQw4?si=abc") == watch
    assert canonical_url("https://youtube.com/shorts/dQw4") == watch


def test_mobile_labels_inside_a_host_go_and_short_hosts_stay() -> None:
    assert canonical_url("https://en.m.wiki.example/A") == "https://en.wiki.example/A"
    assert canonical_url("https://m.example/A") == "https://m.example/A"


@pytest.mark.parametrize(
    ("url", "removed"),
    [
        (PAGE, ()),
        (PAGE + "?utm_source=rss", ("utm_source",)),
        ("https://m.paper.example/a/amp", ("the mobile host", "AMP")),
        ("https://www.google.com/amp/s/paper.example/a", ("the AMP cache",)),
        ("https://www.google.com/url?q=https://paper.example/a", ("a redirect",)),
    ],
    ids=["nothing", "parameter", "mobile and amp", "cache", "redirect"],
)
def test_what_was_removed_is_named(url: str, removed: tuple[str, ...]) -> None:
    assert reduce_url(url).removed == removed


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/search?q=bridge",
        "https://www.google.com/amp/",
        "https://www.google.com/url?q=bridge",
        "https://paper-example.turbopages.org/about",
        "https://l.facebook.com/l.php?h=1",
    ],
)
def test_a_redirector_without_an_address_is_an_address_itself(url: str) -> None:
    assert canonical_url(url).startswith("https://")


@given(
    st.sampled_from(sorted(TRACKING)),
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9]{1,12}", fullmatch=True),
)
def test_tracking_never_changes_what_an_address_names(name: str, path: str, value: str) -> None:
    plain = f"https://paper.example/{path}/9?id={value}"

    assert canonical_url(f"{plain}&{name}={value}") == canonical_url(plain)


@given(st.text(max_size=80))
def test_any_text_has_a_form_that_is_final(text: str) -> None:
    once = canonical_url(f"https://paper.example/{text}")

    assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("guid", "identity"),
    [
        ("12345", ""),
        ("", ""),
        ("N/A", ""),
        ("http://paper.example/a?utm_source=rss", "https://paper.example/a"),
        ("https://paper.example/", ""),
        (
            "urn:uuid:1225C695-CFB8-4EBB-AAAA-80DA344EFA6A",
            "uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        ),
        ("1225c695-cfb8-4ebb-aaaa-80da344efa6a", "uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"),
        ("urn:uuid:00000000-0000-0000-0000-000000000000", ""),
        ("tag:paper.example,2026:/a/1", "tag:paper.example,2026:/a/1"),
        ("tag:nothing", ""),
    ],
)
def test_only_ids_that_are_unique_everywhere_identify(guid: str, identity: str) -> None:
    assert guid_identity(guid) == identity


def test_a_story_id_is_stable_and_of_its_entry() -> None:
    found = story_id("https://paper.example/feed", "key-1")

    assert found == story_id("https://paper.example/feed", "key-1")
    assert len(found) == 20
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert found != story_id("https://paper.example/feed", "key-2")
    assert found != story_id("https://paper.example/feed", "key-1", salt="1")


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not beside the project")
def test_the_goal_on_the_shared_pairs() -> None:
    """Recall of at least .995 without one false match."""
    with tarfile.open(SHARED) as archive:
        name = next(one for one in archive.getnames() if one.endswith("urls.jsonl"))
        found = archive.extractfile(name)
        assert found is not None
        pairs = [json.loads(line) for line in found.read().decode().splitlines()]
    matched = [canonical_url(pair["a"]) == canonical_url(pair["b"]) != "" for pair in pairs]
    truth = [pair["same"] for pair in pairs]

    right = sum(one and same for one, same in zip(matched, truth, strict=True))
    assert right >= 0.995 * sum(truth)
    assert sum(matched) == right


# --------------------------------------------------------------------- tokens

LEARNED = {"o.example": frozenset({"?sid", ";vs", "/_next/", "//"})}


@pytest.mark.parametrize(
    ("places", "url", "bare", "named"),
    [
        ("?sid", "https://www.o.example/a?sid=1&id=2", "https://o.example/a?id=2", "`sid`"),
        (";vs", "https://o.example/a;vs=1;n=2/b", "https://o.example/a;n=2/b", "`vs`"),
        ("/_next/", "https://o.example/_next/x/a", "https://o.example/_next/a", "after `_next/`"),
        ("//", "https://m.o.example/x/a", "https://o.example/a", "after `/`"),
    ],
)
def test_what_was_learned_of_a_host_is_taken_off(
    places: str, url: str, bare: str, named: str
) -> None:
    found = without_tokens(url, {"o.example": frozenset({places})})

    assert found == (bare, (f"the session token {named}",))


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/a?sid=1",
        "https://o.example.org/a?sid=1",
        "no address",
        "",
    ],
)
def test_what_was_learned_says_nothing_of_other_hosts(url: str) -> None:
    assert without_tokens(url, LEARNED) == ("", ())
    assert reduce_url(url, places=LEARNED) == reduce_url(url)


@given(st.text(max_size=60))
def test_tokens_are_taken_off_once_and_for_all(rest: str) -> None:
    places = {"o.example": frozenset({"?sid", ";vs"})}
    bare, _ = without_tokens(f"https://o.example/{rest}", places)

    assert without_tokens(bare, places) == ("", ())


def test_a_host_is_told_as_addresses_have_it() -> None:
    assert host_of("https://www.O.example/a") == "o.example"
    assert host_of("https://m.o.example:8080/") == "o.example"
    assert host_of("no address") == ""
