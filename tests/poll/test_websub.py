from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import FeedState
from aggregator.poll import websub
from aggregator.poll.websub import Offer, find_offer, is_reachable, is_signed, lease_of

HUB, SECOND = "https://hub.example/", "https://second.example/hub"
FEED = "https://news.example/feed"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KEY = "what only the hub and we know"


# -------------------------------------------------------------------- discovery


@pytest.mark.parametrize(
    ("own", "topic"),
    [
        pytest.param(FEED, FEED, id="itself"),
        pytest.param("", FEED, id="says-nothing"),
        pytest.param("https://www.news.example/all", "https://www.news.example/all", id="sibling"),
        pytest.param("http://cdn.example/f", "http://cdn.example/f", id="another-public-host"),
        pytest.param("https://news.example/feed#top", FEED, id="with-a-fragment"),
        pytest.param("http://127.0.0.1/feed", FEED, id="loopback"),
        pytest.param("http://intranet/feed", FEED, id="name-without-a-dot"),
        pytest.param("file:///etc/passwd", FEED, id="no-web-address"),
        pytest.param("https://me:word@news.example/feed", FEED, id="credentials"),
        pytest.param("https://news.example:x/feed", FEED, id="bad-port"),
        pytest.param("https://news.example/a b", FEED, id="space"),
        pytest.param("https://news.example/\x07", FEED, id="control-character"),
        pytest.param("https://news.example/" + "a" * 2_000, FEED, id="too-long"),
    ],
)
def test_the_topic_is_the_feeds_own_word_where_it_can_be_one(own: str, topic: str) -> None:
    assert find_offer([HUB], own, polled_url=FEED) == Offer(topic=topic, hubs=(HUB,))


def test_a_feed_on_a_private_host_may_name_itself() -> None:
    own = "http://127.0.0.1:8000/own"

    found = find_offer(["http://127.0.0.1:9/hub"], own, polled_url="http://127.0.0.1:8000/feed")

    assert found == Offer(topic=own, hubs=("http://127.0.0.1:9/hub",))


def test_hubs_keep_their_order_each_once_and_not_too_many() -> None:
    many = [f"https://{n}.example/" for n in range(9)]

    found = find_offer([SECOND, HUB, SECOND, *many], "", polled_url=FEED)

    assert found is not None
    assert found.hubs == (SECOND, HUB, *many[: websub.MOST_HUBS - 2])


@pytest.mark.parametrize(
    ("hubs", "polled"),
    [
        pytest.param([], FEED, id="no-hub"),
        pytest.param(["http://hub.example/"], FEED, id="secret-would-go-in-the-clear"),
        pytest.param(["ftp://hub.example/", "hub", ""], FEED, id="no-web-address"),
        pytest.param(["https://me:word@hub.example/"], FEED, id="hub-with-credentials"),
        pytest.param([HUB], "https://me:word@news.example/feed", id="feed-with-credentials"),
    ],
)
def test_what_cannot_be_subscribed_to_is_no_offer(hubs: list[str], polled: str) -> None:
    assert find_offer(hubs, "", polled_url=polled) is None


def test_a_feed_in_the_clear_may_have_a_hub_in_the_clear() -> None:
    offer = find_offer(["http://hub.example/"], "", polled_url="http://news.example/feed")

    assert offer == Offer(topic="http://news.example/feed", hubs=("http://hub.example/",))


@given(st.lists(st.text(), max_size=8), st.text(), st.text())
def test_whatever_a_feed_says_only_web_addresses_come_out(
    hubs: list[str], own: str, polled: str
) -> None:
    offer = find_offer(hubs, own, polled_url=polled)

    if offer is not None:
        assert 1 <= len(offer.hubs) <= websub.MOST_HUBS
        assert all(url.lower().startswith("http") for url in (offer.topic, *offer.hubs))


# ---------------------------------------------------------------- the callback


@pytest.mark.parametrize(
    ("public_url", "allow", "expected"),
    [
        pytest.param("https://news.example", False, True, id="public"),
        pytest.param("http://news.example:8080/below", False, True, id="port-and-folder"),
        pytest.param("http://127.0.0.1:8080", False, False, id="loopback"),
        pytest.param("http://localhost:8080", False, False, id="localhost"),
        pytest.param("http://10.1.2.3", False, False, id="private-network"),
        pytest.param("http://news.lan", False, False, id="local-name"),
        pytest.param("http://127.0.0.1:8080", True, True, id="everything-allowed"),
        pytest.param("http://127.0.0.1:8080", ("127.0.0.0/8",), True, id="network-allowed"),
        pytest.param("http://127.0.0.1:8080", ("127.0.0.1:8080",), True, id="endpoint-allowed"),
        pytest.param("http://127.0.0.1:8080", ("127.0.0.1:81",), False, id="other-port-allowed"),
        pytest.param("http://localhost", ("127.0.0.1:80",), True, id="localhost-allowed"),
        pytest.param("http://news.lan", ("10.0.0.0/8",), False, id="name-of-unknown-address"),
        pytest.param("ftp://news.example", True, False, id="no-web-address"),
        pytest.param("", True, False, id="nothing"),
    ],
)
def test_hubs_are_asked_only_where_they_can_call_back(
    *, public_url: str, allow: bool | tuple[str, ...], expected: bool
) -> None:
    assert is_reachable(public_url, allow) is expected


def test_a_token_is_spelled_so_that_an_address_takes_it() -> None:
    token = websub.spell(bytes(range(224, 256)))

    assert len(token) == 43
    assert set(token) & set("+/=") == set()
    assert websub.callback_of("https://e.example/news/", token) == (
        f"https://e.example/news/websub/{token}"
    )


# --------------------------------------------------------------------- the forms


def test_a_hub_is_told_everything_that_it_needs() -> None:
    form = websub.subscription(topic=FEED, callback="https://me.example/websub/t", secret=KEY)

    assert form == {
        "hub.mode": "subscribe",
        "hub.topic": FEED,
        "hub.callback": "https://me.example/websub/t",
        "hub.secret": KEY,
        "hub.lease_seconds": "864000",
        "hub.verify": "async",
    }


def test_a_farewell_has_no_secret() -> None:
    form = websub.unsubscription(topic=FEED, callback="https://me.example/websub/t")

    assert form["hub.mode"] == "unsubscribe"
    assert "hub.secret" not in form


# ---------------------------------------------------------------------- the lease


@pytest.mark.parametrize(
    ("text", "lease"),
    [
        pytest.param("86400", DAY, id="a-day"),
        pytest.param("", websub.LEASE, id="not-named"),
        pytest.param("soon", websub.LEASE, id="no-number"),
        pytest.param("-5", websub.LEASE, id="negative"),
        pytest.param("١٢٣", websub.LEASE, id="other-digits"),
        pytest.param("9" * 13, websub.LEASE, id="absurdly-long"),
        pytest.param("0", websub.SHORTEST_LEASE, id="none"),
        pytest.param("60", websub.SHORTEST_LEASE, id="too-short"),
        pytest.param("999999999999", websub.LONGEST_LEASE, id="for-ever"),
    ],
)
def test_a_lease_is_the_hubs_word_within_bounds(text: str, lease: timedelta) -> None:
    assert lease_of(text) == lease


@given(st.floats(0, 1), st.timedeltas(min_value=websub.SHORTEST_LEASE, max_value=30 * DAY))
def test_a_lease_is_renewed_well_before_its_end(share: float, lease: timedelta) -> None:
    wait = websub.renewal_after(lease, share=share)

    assert 0.69 * lease <= wait <= 0.81 * lease


def test_the_other_hubs_are_tried_at_once_then_ever_less_often() -> None:
    waits = [websub.retry_after(n, hubs=2, share=0.0) for n in range(1, 9)]

    nothing = timedelta()
    assert waits == [nothing, HOUR, nothing, 2 * HOUR, nothing, 4 * HOUR, nothing, 8 * HOUR]


@given(st.integers(1, 10_000), st.integers(1, 4), st.floats(0, 1))
def test_a_hub_is_never_given_up_nor_pestered(failures: int, hubs: int, share: float) -> None:
    wait = websub.retry_after(failures * hubs, hubs=hubs, share=share)

    assert 0.79 * websub.FIRST_RETRY <= wait <= websub.LAST_RETRY


# ------------------------------------------------------------------ the signature


def signed(body: bytes, secret: str, method: str) -> str:
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_each_method_of_the_specification_is_known(method: str) -> None:
    signature = signed(b"<feed/>", KEY, method)

    assert is_signed(b"<feed/>", signature, secret=KEY)
    assert is_signed(b"<feed/>", f" {signature.upper()}", secret=KEY)
    assert not is_signed(b"<feed />", signature, secret=KEY)
    assert not is_signed(b"<feed/>", signature, secret=KEY[1:])


@pytest.mark.parametrize(
    "signature",
    [
        "", "sha256", "sha256=", "=", signed(b"<feed/>", KEY, "md5"),
        signed(b"<feed/>", KEY, "sha256")[:-1], signed(b"<feed/>", KEY, "sha256") + "0",
        signed(b"<feed/>", KEY, "sha256").partition("=")[2],
        signed(b"<feed/>", KEY, "sha1").replace("sha1", "sha256"),
        "sha256=" + "é" * 64, "sha256=\udcff", "sha1=" + "0" * 100_000,
    ],
)  # fmt: skip
def test_anything_else_is_no_signature(signature: str) -> None:
    assert not is_signed(b"<feed/>", signature, secret=KEY)


@given(st.binary(max_size=200), st.binary(max_size=200), st.text(min_size=1, max_size=40))
def test_a_signature_fits_its_own_body_alone(one: bytes, other: bytes, secret: str) -> None:
    signature = f"sha256={hmac.new(secret.encode('utf-8'), one, 'sha256').hexdigest()}"

    assert is_signed(one, signature, secret=secret)
    assert is_signed(other, signature, secret=secret) is (one == other)


# ------------------------------------------------------------------ slower polling


@pytest.mark.parametrize(
    ("wait", "longest", "expected"),
    [
        pytest.param(HOUR, DAY, 4 * HOUR, id="four-times"),
        pytest.param(12 * HOUR, DAY, DAY, id="up-to-the-longest"),
        pytest.param(3 * DAY, DAY, 3 * DAY, id="a-longer-word-stands"),
    ],
)
def test_a_pushed_feed_is_polled_less_but_never_forgotten(
    wait: timedelta, longest: timedelta, expected: timedelta
) -> None:
    assert websub.slower(wait, longest=longest) == expected


@pytest.mark.parametrize(
    ("polled_at", "expected"),
    [
        pytest.param(None, NOON, id="never-polled"),
        pytest.param(NOON - HOUR, NOON, id="polled-long-ago"),
        pytest.param(NOON - HOUR / 6, NOON + HOUR / 12, id="polled-just-now"),
    ],
)
def test_soon_keeps_the_shortest_interval(polled_at: datetime | None, expected: datetime) -> None:
    state = FeedState(feed_id=1, url=FEED, last_polled_at=polled_at)

    assert websub.soon(state, min_interval=HOUR / 4, now=NOON) == expected
