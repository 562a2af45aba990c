from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.store.lock import hold
from tests.cli.conftest import rss

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
        ("/api", "JSON of another kind (with error), no JSON Feed. Give the feed's own address."),
        ("/human", "ask its owner to let feed readers in"),
        ("/empty.opml", "a list without a feed that can be added."),
        ("/torn.opml", "this is no well-formed XML"),
    ],
)
def test_what_is_no_feed_is_told_and_not_listed(
    desk: Desk, web: Web, path: str, message: str
) -> None:
    desk.write()
    before = desk.path.read_bytes()
    web.serve("/api", '{"error": "no"}', content_type="application/json")
    web.serve("/human", "<html><title>Just a moment...</title></html>", content_type="text/html")
    web.serve("/empty.opml", "<opml><body/></opml>")
    web.serve("/torn.opml", "<opml><body><outline xmlUrl='https://a.example/'/>")

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


@pytest.mark.parametrize("tag", ["a,b", "a/b", " ", "x" * 101])
def test_a_tag_that_is_none_is_told_before_anything_is_asked(
    desk: Desk, web: Web, tag: str
) -> None:
    desk.write()
    before = desk.path.read_bytes()

    result = desk.run("add", "--tag", "world", "--tag", tag, web.url("/post.xml"))

    assert result.exit_code == 2
    assert "cannot be a tag. Use 1 to 100 characters, no comma and no slash." in result.stderr
    assert desk.path.read_bytes() == before
    assert not web.server.log


def test_beside_a_running_service_it_says_how_to_tell_it(desk: Desk, web: Web) -> None:
    desk.write()

    with hold(desk.folder / "data"):
        result = desk.run("add", web.url("/post.xml"))

    assert result.exit_code == 0
    assert f"Added {web.url('/post.xml')} (Post): the next pass polls it." in result.stdout
    assert "systemctl reload newsfold" in result.stderr
    assert web.url("/post.xml") in desk.path.read_text("utf-8")


# ------------------------------------------------------------------------ lists

LIST = """\
<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body>
<outline text="Harbour"><outline text="Post" type="rss" xmlUrl="{post}"/>
<outline text="Ferry" type="rss" xmlUrl="https://ferry.example/feed"/></outline>
<outline text="No address" type="rss"/></body></opml>
"""


def serve_list(web: Web) -> str:
    web.serve("/list", LIST.format(post=web.url("/post.xml")), content_type="text/plain")
    return web.url("/list")


def test_a_list_adds_its_feeds_with_folders_as_tags_and_asks_none(desk: Desk, web: Web) -> None:
    desk.write(web.url("/post.xml"))

    lines = desk.json("add", serve_list(web), "--tag", "world", code=1)

    assert [(line["outcome"], line["url"]) for line in lines] == [
        ("listed", web.url("/post.xml")),
        ("added", "https://ferry.example/feed"),
        ("not_found", ""),
    ]
    assert {line["asked"] for line in lines} == {web.url("/list")}
    assert lines[1]["new"] is None
    assert (
        lines[2]["error"] == "line 4: a feed without xmlUrl. Add its xmlUrl, or remove the outline."
    )
    assert [request.path for request, _ in web.server.log] == ["/list"]
    written = desk.path.read_text("utf-8")
    assert 'title = "Ferry"\ntags = ["Harbour", "world"]' in written


def test_a_list_is_told_feed_by_feed(desk: Desk, web: Web) -> None:
    desk.write()

    result = desk.run("add", serve_list(web))

    assert result.stdout == (
        f"Added {web.url('/post.xml')} (Post): the next pass polls it.\n"
        "Added https://ferry.example/feed (Ferry): the next pass polls it.\n"
    )
    assert "line 4: a feed without xmlUrl" in result.stderr


def test_a_list_and_its_feed_are_added_once(desk: Desk, web: Web) -> None:
    desk.write()

    lines = desk.json("add", web.url("/post.xml"), serve_list(web), code=1)

    outcomes = [(line["outcome"], line["url"]) for line in lines if line["url"]]
    assert outcomes == [
        ("added", web.url("/post.xml")),
        ("listed", web.url("/post.xml")),
        ("added", "https://ferry.example/feed"),
    ]
    assert desk.path.read_text("utf-8").count("[[feeds]]") == 2


def test_a_title_is_for_no_list(desk: Desk, web: Web) -> None:
    desk.write()
    before = desk.path.read_bytes()

    result = desk.run("add", serve_list(web), "--title", "A")

    assert result.exit_code == 1
    assert "This list names several; nothing was added." in result.stderr
    assert desk.path.read_bytes() == before


def test_a_list_without_end_is_refused(desk: Desk, web: Web) -> None:
    desk.write()
    outlines = "".join(f"<outline xmlUrl='https://a.example/{n}'/>" for n in range(10_001))
    web.serve("/endless", f"<opml><body>{outlines}</body></opml>")

    (line,) = desk.json("add", web.url("/endless"), code=1)

    assert line["error"] == "the list names over 10,000 feeds. Split it, and add the parts."


def test_a_page_that_names_only_itself_names_no_feed(desk: Desk, web: Web) -> None:
    desk.write()
    link = '<link rel="alternate" type="application/rss+xml" href="/self">'
    web.serve("/self", f"<html><title>Moved</title>{link}</html>", content_type="text/html")

    (line,) = desk.json("add", web.url("/self"), code=1)

    assert line["outcome"] == "not_found"


def test_the_older_documents_of_a_feed_are_read_when_it_is_added(desk: Desk, web: Web) -> None:
    desk.write()
    link = '<link xmlns="http://www.w3.org/2005/Atom" rel="prev-archive" href="/old"/>'
    old = ("old", "Older news", "The lighthouse was painted white again after a long winter.")
    body = rss("Tide", ("new", "Newer news", "The tide table for the coming year is out."))
    web.serve("/tide", body.replace("<item>", f"{link}<item>"))
    web.serve("/old", rss("Tide", old))

    desk.run("add", web.url("/tide"))

    assert [request.path for request, _ in web.server.log] == ["/tide", "/old"]
