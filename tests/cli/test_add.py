from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.store.lock import hold

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Web


def test_a_feed_is_asked_once_and_its_answer_is_the_first_poll(desk: Desk, web: Web) -> None:
    desk.write()

    (told,) = desk.json("add", web.url("/post.xml"), "--tag", "world")

    assert (told["outcome"], told["title"], told["new"]) == ("added", "Post", 2)
    assert 'tags = ["world"]' in desk.path.read_text("utf-8")
    assert desk.json("poll") == []
    assert len(web.asked("/post.xml")) == 1


def test_the_validators_of_the_one_request_are_used_by_the_next_poll(desk: Desk, web: Web) -> None:
    desk.write()
    desk.run("add", web.url("/post.xml"))

    (report,) = desk.json("poll", "--all")

    assert report["outcome"] == "not_modified"
    assert web.asked("/post.xml")[1].headers["If-None-Match"] == '"post.xml"'


def test_the_feed_behind_a_page_is_listed_without_a_second_request(desk: Desk, web: Web) -> None:
    desk.write()

    result = desk.run("add", web.url("/"))

    assert f"Added {web.url('/extra.xml')} (The Post): the next pass polls it." in result.stdout
    assert f"The page also names {web.url('/comments.xml')}" in result.stdout
    assert [request.path for request, _ in web.server.log] == ["/"]


def test_what_is_listed_already_is_not_asked(polled: Desk, web: Web) -> None:
    before = polled.path.read_bytes()

    result = polled.run("add", web.url("/post.xml"))

    assert result.stdout == f"Listed already: {web.url('/post.xml')}\n"
    assert polled.path.read_bytes() == before
    assert not web.server.log


def test_a_page_whose_feed_is_listed_adds_nothing(desk: Desk, web: Web) -> None:
    desk.write(web.url("/extra.xml"))

    (told,) = desk.json("add", web.url("/"))

    assert (told["outcome"], told["url"]) == ("listed", web.url("/extra.xml"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/plain", "neither a feed nor a page that names one. Give the feed's own address."),
        ("/broken.xml", "answered 500. The server has trouble"),
        ("/gone.xml", "gone for good (410)"),
    ],
)
def test_what_is_no_feed_is_told_and_not_listed(
    desk: Desk, web: Web, path: str, message: str
) -> None:
    desk.write()
    before = desk.path.read_bytes()

    result = desk.run("add", web.url(path))

    assert result.exit_code == 1
    assert message in result.stderr
    assert desk.path.read_bytes() == before
    assert not (desk.folder / "data").exists()


def test_one_of_several_may_be_missing(desk: Desk, web: Web) -> None:
    desk.write()

    lines = desk.json("add", web.url("/plain"), web.url("/post.xml"), web.url("/"), code=1)

    assert [line["outcome"] for line in lines] == ["not_found", "added", "added"]
    assert [line["new"] for line in lines] == [None, 2, None]


def test_two_spellings_of_an_address_are_asked_once(desk: Desk, web: Web) -> None:
    desk.write()

    lines = desk.json("add", web.url("/post.xml"), web.url("/post.xml").replace("http", "HTTP"))

    assert [line["outcome"] for line in lines] == ["added"]
    assert len(web.server.log) == 1


def test_a_title_is_for_one_feed(desk: Desk, web: Web) -> None:
    desk.write()

    assert desk.run("add", web.url("/post.xml"), web.url("/"), "--title", "A").exit_code == 1
    assert desk.run("add", web.url("/post.xml"), "--title", "My Post").exit_code == 0
    assert 'title = "My Post"' in desk.path.read_text("utf-8")
    assert len(web.server.log) == 1


def test_what_is_no_address_is_told_before_anything_is_asked(desk: Desk, web: Web) -> None:
    desk.write()

    result = desk.run("add", web.url("/post.xml"), "example.org")

    assert result.exit_code == 1
    assert "Write the whole address, beginning with https:// or http://." in result.stderr
    assert not web.server.log


def test_beside_a_running_service_it_says_how_to_tell_it(desk: Desk, web: Web) -> None:
    desk.write()

    with hold(desk.folder / "data"):
        result = desk.run("add", web.url("/post.xml"))

    assert result.exit_code == 0
    assert f"Added {web.url('/post.xml')} (Post): the next pass polls it." in result.stdout
    assert "systemctl reload newsfold" in result.stderr
    assert web.url("/post.xml") in desk.path.read_text("utf-8")
