from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Desk

SECRET = "hunter2-not-to-be-seen"  # noqa: S105 - invented

FEED = """
[[feeds]]
url = "https://example.org/feed"
headers = {{ Authorization = "{0}" }}
"""


def test_header_values_are_filled_in(desk: Desk) -> None:
    loaded = desk.load(FEED.format("Bearer ${A}/${B_2}"), A="one", B_2="two")

    assert loaded.feeds[0].headers == (("Authorization", "Bearer one/two"),)


def test_what_was_filled_in_is_not_filled_in_again(desk: Desk) -> None:
    loaded = desk.load(FEED.format("${A}"), A="${B}", B="x")

    assert loaded.feeds[0].headers == (("Authorization", "${B}"),)


def test_proxies_are_filled_in(desk: Desk) -> None:
    text = """
    polling.proxy = "http://u:${PASSWORD}@proxy:3128"
    [[feeds]]
    url = "https://example.org/"
    proxy = "socks5://${PROXY_HOST}:9050"
    """

    loaded = desk.load(text, PASSWORD="pw", PROXY_HOST="tor")  # noqa: S106 - invented

    assert loaded.polling.proxy == "http://u:pw@proxy:3128"
    assert loaded.feeds[0].proxy == "socks5://tor:9050"


def test_an_unset_variable_is_named(desk: Desk) -> None:
    (problem,) = desk.problems(FEED.format("${TOKEN} ${TOKEN}"))

    assert (problem.line, problem.key) == (4, "feeds[1].headers.Authorization")
    assert "TOKEN is not set" in problem.what
    assert "Set TOKEN" in problem.mend


@pytest.mark.parametrize("text", ["${", "${my-token}", "${}", "${1A}", "${A", "ok ${A} ${"])
def test_a_reference_without_a_name_is_no_text(desk: Desk, text: str) -> None:
    (problem,) = desk.problems(FEED.format(text), A="x")

    assert "begins no variable's name" in problem.what


@pytest.mark.parametrize(
    "text",
    [
        f'polling.proxy = "ftp://{SECRET}"',
        'polling.proxy = "ftp://${SECRET}"',
        'polling.proxy = "${SECRET}"\n[[feeds]]\nurl="https://x.org"\nproxy="socks4://${SECRET}"',
        '[[feeds]]\nurl="https://x.org"\nheaders={A="${SECRET}\\n"}',
        '[[feeds]]\nurl="https://x.org"\nheaders={A="${SECRET}\\u00e9", "A b"="${SECRET}", B=1}',
        '[[feeds]]\nurl="https://x.org"\nheaders={A="${SECRET}"}\ntitel="x"',
        '[[feeds]]\nurl="https://x.org"\nheaders=["${SECRET}"]',
        f'[[feeds]]\nurl="https://x.org"\nheaders=["{SECRET}"]',
        '[[feeds]]\nheaders={A="${SECRET}", a="${SECRET}"}',
    ],
)
def test_no_problem_ever_shows_a_secret(desk: Desk, text: str) -> None:
    problems = desk.problems(text, SECRET=SECRET)

    assert SECRET not in repr(problems)
    assert SECRET not in "\n".join(map(str, problems))


def test_no_feed_shows_its_secrets(desk: Desk) -> None:
    loaded = desk.load(FEED.format("${SECRET}"), SECRET=SECRET)

    assert SECRET in loaded.feeds[0].headers[0][1]
    assert SECRET not in repr(loaded)
