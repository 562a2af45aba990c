"""robots.txt: what it allows us, what its absence means, and how long it is remembered."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Download, Failed, FailureKind, Freshness, Gone, NotModified, Validators
from aggregator.poll import robots
from aggregator.poll.robots import Robots, parse, rules_of

if TYPE_CHECKING:
    from aggregator.poll.fetch import Answer

HOST = "news.example:443"
PAGE = "https://news.example/2026/story?page=1"


def found(body: bytes) -> Download:
    return Download(
        url="", final_url="", status=200, body=body, content_type="text/plain",
        content_location="", validators=Validators(), freshness=Freshness(),
    )  # fmt: skip


def failed(kind: FailureKind) -> Failed:
    return Failed(kind=kind, message="")


class Site:
    """Answers every request for robots.txt the same and counts them."""

    def __init__(self, answer: Answer) -> None:
        """Take the answer."""
        self.answer = answer
        self.asked: list[str] = []

    async def ask(self, url: str) -> Answer:
        """Return the answer after a moment."""
        self.asked.append(url)
        await asyncio.sleep(0)
        return self.answer


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        """Stand at a moment."""
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the moment."""
        return self.now


ALL_BUT_US = "User-agent: Newsfold\nDisallow: /\n\nUser-agent: *\nDisallow:\n"
RULES = [
    pytest.param("", True, id="an empty file"),
    pytest.param("<!doctype html><p>Not found", True, id="an HTML page in its place"),
    pytest.param("User-agent: *\nDisallow: /\n", False, id="everything refused to all"),
    pytest.param("User-agent: *\nDisallow:\n", True, id="nothing refused"),
    pytest.param(ALL_BUT_US, False, id="everything refused to us alone"),
    pytest.param("user-AGENT: newsfold/2.0 # us\ndisallow: /2026", False, id="in other letters"),
    pytest.param("User-agent: *\nDisallow: /\nUser-agent: Newsfold\nDisallow:", True, id="we may"),
    pytest.param("User-agent: news\nDisallow: /\n", True, id="a name that ours begins with"),
    pytest.param("User-agent: NewsfoldPlus\nDisallow: /\n", True, id="a name that ours begins"),
    pytest.param("User-agent: A\nUser-agent: Newsfold\nDisallow: /", False, id="a group of two"),
    pytest.param("User-agent: A\nDisallow: /\nUser-agent: *\nAllow: /", True, id="another's group"),
    pytest.param("User-agent: *\nDisallow: /\nAllow: /2026/", True, id="the longer rule wins"),
    pytest.param("User-agent: *\nDisallow: /*page=", False, id="a wildcard in the query"),
    pytest.param("User-agent: *\nDisallow: /*story$", True, id="an end that is none"),
    pytest.param("Disallow: /\n", True, id="a rule of no group"),
]


@pytest.mark.parametrize(("text", "may"), RULES)
def test_the_rules_for_us_decide(text: str, may: bool) -> None:  # noqa: FBT001 - of the table
    assert (parse(text.encode(), host=HOST).refusal(PAGE) == "") is may


def test_a_refusal_names_the_site() -> None:
    refused = parse(b"User-agent: *\nDisallow: /", host=HOST).refusal(PAGE)

    assert refused == "robots.txt of news.example:443 does not allow it"


ANSWERS = [
    pytest.param(failed(FailureKind.CLIENT_ERROR), True, id="4xx"),
    pytest.param(Gone(message=""), True, id="410"),
    pytest.param(failed(FailureKind.REDIRECT), True, id="too many redirects"),
    pytest.param(failed(FailureKind.EMPTY), True, id="no content"),
    pytest.param(failed(FailureKind.SERVER_ERROR), False, id="5xx"),
    pytest.param(failed(FailureKind.RATE_LIMITED), False, id="429"),
    pytest.param(failed(FailureKind.TIMEOUT), False, id="no answer in time"),
    pytest.param(failed(FailureKind.DNS), False, id="no such host"),
    pytest.param(failed(FailureKind.REFUSED_ADDRESS), False, id="an address that is refused"),
    pytest.param(failed(FailureKind.TOO_LARGE), False, id="more than a body may have"),
    pytest.param(NotModified(validators=Validators()), False, id="304 to a plain request"),
]


@pytest.mark.parametrize(("answer", "may"), ANSWERS)
def test_without_the_file_the_answer_decides(answer: Answer, may: bool) -> None:  # noqa: FBT001 - of the table
    """RFC 9309 section 2.3.1: unavailable means no rules, unreachable means nothing is allowed."""
    assert (rules_of(answer, host=HOST).refusal(PAGE) == "") is may


DELAYS = [
    pytest.param("", robots.PAUSE_S, id="none asked for"),
    pytest.param("Crawl-delay: 7", 7.0, id="honoured"),
    pytest.param("Crawl-delay: 0.1", robots.PAUSE_S, id="never faster than ours"),
    pytest.param("Crawl-delay: 86400", robots.MAX_DELAY_S, id="bounded"),
    pytest.param("Crawl-delay: soon", robots.PAUSE_S, id="no number"),
    pytest.param("Crawl-delay: nan", robots.PAUSE_S, id="not a number"),
]


@pytest.mark.parametrize(("line", "delay_s"), DELAYS)
def test_the_pace_that_a_site_asks_for_is_kept(line: str, delay_s: float) -> None:
    assert parse(f"User-agent: *\n{line}\n".encode(), host=HOST).delay_s == delay_s


def test_what_stands_beyond_500_kilobytes_is_not_read() -> None:
    padding = b"# " + b"x" * 98 + b"\n"
    long = padding * (robots.MAX_BYTES // len(padding) + 1)

    assert parse(long + b"User-agent: *\nDisallow: /\n", host=HOST).refusal(PAGE) == ""
    assert parse(b"User-agent: *\nDisallow: /\n" + long, host=HOST).refusal(PAGE)


def test_a_rule_that_the_bound_cuts_is_no_rule() -> None:
    """Half of "/2026/other" would refuse more than was meant."""
    head = b"User-agent: *\n"
    pad = b"#" * (robots.MAX_BYTES - len(head) - len(b"\nDisallow: /2026"))

    assert parse(head + pad + b"\nDisallow: /2026/other\n", host=HOST).refusal(PAGE) == ""


def test_many_names_above_many_rules_cost_no_more_than_their_sum() -> None:
    """18,000 names times 28,000 rules would take gigabytes."""
    names = b"".join(b"user-agent:a%d\n" % number for number in range(9_000))
    rules = b"".join(b"disallow:/b%d\n" % number for number in range(9_000))

    began = time.process_time()
    refused = parse(names + b"user-agent:*\n" + rules, host=HOST).refusal(PAGE)

    assert refused == ""
    assert time.process_time() - began < 1.0


def test_rules_full_of_wildcards_are_compared_quickly() -> None:
    rules = b"User-agent: *\n" + b"".join(b"Disallow: /*a*a*a*a*a*b%d\n" % n for n in range(5_000))

    began = time.process_time()
    refused = parse(rules, host=HOST).refusal(f"https://news.example/{'a' * 1_500}")

    assert refused == ""
    assert time.process_time() - began < 1.0


@given(st.binary(max_size=400))
def test_whatever_the_file_holds_there_are_rules(body: bytes) -> None:
    assert parse(body, host=HOST).refusal(PAGE) in {
        "",
        "robots.txt of news.example:443 does not allow it",
    }


async def test_a_site_is_asked_once_a_day() -> None:
    clock, site = Hands(), Site(found(b"User-agent: *\nDisallow: /2026"))
    kept = Robots(clock=clock)

    for _ in range(3):
        assert (await kept.rules(PAGE, site.ask)).refusal(PAGE)
    clock.now += robots.KEPT_S
    await kept.rules("https://NEWS.example:443/other", site.ask)

    assert site.asked == ["https://news.example:443/robots.txt"] * 2


async def test_two_pages_at_a_time_ask_once() -> None:
    site = Site(found(b""))
    kept = Robots()

    await asyncio.gather(*(kept.rules(PAGE, site.ask) for _ in range(4)))

    assert len(site.asked) == 1


async def test_scheme_and_port_have_files_of_their_own() -> None:
    site = Site(found(b""))
    kept = Robots()

    for url in ("https://a.example/", "http://a.example/", "https://a.example:8443/"):
        await kept.rules(url, site.ask)

    assert len(set(site.asked)) == 3


async def test_a_site_in_trouble_is_asked_again_after_an_hour() -> None:
    clock, site = Hands(), Site(failed(FailureKind.SERVER_ERROR))
    kept = Robots(clock=clock)
    assert "could not be read" in (await kept.rules(PAGE, site.ask)).refusal(PAGE)

    site.answer = found(b"")
    clock.now += robots.UNKNOWN_S - 1
    assert (await kept.rules(PAGE, site.ask)).refusal(PAGE)
    clock.now += 1

    assert (await kept.rules(PAGE, site.ask)).refusal(PAGE) == ""


async def test_the_memory_for_all_sites_is_bounded() -> None:
    """The oldest are forgotten, the newest stays."""
    site = Site(found(b"User-agent: *\n" + b"# " + b"x" * 1_000 + b"\n" * 1))
    site.answer = found(b"".join(b"#%d\n" % number for number in range(19_000)))
    kept = Robots()

    for number in range(60):
        await kept.rules(f"https://site-{number}.example/", site.ask)
    await kept.rules("https://site-59.example/", site.ask)
    await kept.rules("https://site-0.example/", site.ask)

    assert len(site.asked) == 61


def test_pages_of_one_site_keep_the_pace() -> None:
    clock = Hands()
    kept = Robots(clock=clock)
    slow = parse(b"User-agent: *\nCrawl-delay: 5", host=HOST)

    waits = [kept.wait_s(PAGE, slow) for _ in range(3)]
    other = kept.wait_s("https://other.example/", slow)
    clock.now += 60

    assert waits == [0.0, 5.0, 10.0]
    assert other == 0.0
    assert kept.wait_s(PAGE, slow) == 0.0
