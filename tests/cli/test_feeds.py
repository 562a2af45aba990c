from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Web

OPML = """<opml version="2.0"><body><outline text="World">
<outline type="rss" text="A" xmlUrl="https://a.example/feed"/>
<outline type="rss" text="B"/></outline></body></opml>"""


def test_init_writes_what_loads_for_its_owner_alone(desk: Desk) -> None:
    result = desk.run("init", "--public-url", "https://news.example")

    assert "Next: `newsfold add URL`, then `newsfold run`." in result.stdout
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600
    assert "no problem" in desk.run("check").stdout


def test_init_keeps_what_is_there(desk: Desk) -> None:
    desk.write()
    before = desk.path.read_bytes()

    result = desk.run("init")

    assert result.exit_code == 1
    assert "is there already. Edit it, or name another with --config." in result.stderr
    assert desk.path.read_bytes() == before


def test_init_refuses_what_is_no_address_and_writes_nothing(desk: Desk) -> None:
    assert desk.run("init", "--public-url", "nix").exit_code == 1
    assert not desk.path.exists()


def test_a_removed_feed_is_polled_no_more(polled: Desk, web: Web) -> None:
    assert polled.run("remove", web.url("/post.xml")).stdout == f"Removed {web.url('/post.xml')}.\n"

    assert web.url("/post.xml") not in {line["feed"] for line in polled.json("poll", "--all")}


def test_a_feed_that_is_not_listed_cannot_be_removed(polled: Desk) -> None:
    result = polled.run("remove", "https://a.example/feed")

    assert result.exit_code == 1
    assert "`newsfold feeds` lists the feeds." in result.stderr


def test_a_feed_of_an_opml_file_is_removed_there(desk: Desk) -> None:
    (desk.folder / "list.opml").write_text(OPML.replace('<outline type="rss" text="B"/>', ""))
    desk.path.write_text('opml = ["list.opml"]\n', "utf-8")

    result = desk.run("remove", "https://a.example/feed")

    assert result.exit_code == 1
    assert "is listed in an OPML file" in result.stderr


def test_a_feed_that_stands_in_both_is_polled_still(desk: Desk) -> None:
    (desk.folder / "list.opml").write_text(OPML.replace('<outline type="rss" text="B"/>', ""))
    text = 'opml = ["list.opml"]\n[[feeds]]\nurl = "https://a.example/feed"\n'
    desk.path.write_text(text, "utf-8")

    result = desk.run("remove", "https://a.example/feed")

    assert result.exit_code == 0
    assert "An OPML file lists it too: it is polled still." in result.stderr


def test_removing_says_when_the_configuration_loads_no_more(desk: Desk) -> None:
    """A digest wants a tag that only this feed had, and another looks like a slip for it."""
    desk.write("https://a.example/feed", more='tags = ["all"]\n')
    with desk.path.open("a", encoding="utf-8") as file:
        file.write('[[feeds]]\nurl = "https://b.example/feed"\ntags = ["ally"]\n')

    result = desk.run("remove", "https://a.example/feed")

    assert result.exit_code == 2
    assert "Removed https://a.example/feed." in result.stdout
    assert "The configuration does not load any more:" in result.stderr
    assert "digests[1].tags" in result.stderr


def test_feeds_lists_health_and_errors(polled: Desk, web: Web) -> None:
    lines = {line["url"].rpartition("/")[2]: line for line in polled.json("feeds")}

    conditions = {name: line["condition"] for name, line in lines.items()}
    assert conditions == {
        "post.xml": "ok",
        "herald.xml": "ok",
        "broken.xml": "failing",
        "gone.xml": "gone",
        "busy.xml": "failing",
    }
    assert (lines["post.xml"]["title"], lines["post.xml"]["entries"]) == ("Post", 2)
    assert lines["busy.xml"]["left_alone_until_at"]


def test_feeds_before_the_first_poll_are_never_polled(desk: Desk) -> None:
    desk.write("https://a.example/feed")

    assert "never polled  all" in desk.run("feeds").stdout
    assert desk.json("feeds")[0]["condition"] == "never polled"


def test_no_feeds_say_how_to_add_one(desk: Desk) -> None:
    desk.write()

    assert desk.run("feeds").stdout == "No feed is listed. `newsfold add URL` adds one.\n"


def test_import_adds_the_good_outlines_and_tells_the_others(desk: Desk) -> None:
    desk.write("https://b.example/feed")
    (desk.folder / "list.opml").write_text(OPML)

    result = desk.run("import", str(desk.folder / "list.opml"))

    assert result.exit_code == 0
    assert result.stdout == "Added 1 feed; 0 listed already.\n"
    assert "list.opml:3: a feed without xmlUrl" in result.stderr
    assert desk.json("feeds")[1]["tags"] == ["World"]
    (again,) = desk.json("import", str(desk.folder / "list.opml"))
    assert (again["added"], again["listed"], len(again["problems"])) == (0, 1, 1)


def test_import_of_what_is_no_opml_fails(desk: Desk) -> None:
    desk.write()

    result = desk.run("import", str(desk.path))

    assert result.exit_code == 1
    assert "newsfold.toml:1: this is no well-formed XML" in result.stderr


def test_what_was_exported_can_be_imported(polled: Desk, desk: Desk) -> None:
    exported = polled.run("export").stdout
    desk.write()
    (desk.folder / "all.opml").write_text(exported, "utf-8")

    (told,) = desk.json("import", str(desk.folder / "all.opml"))

    assert (told["added"], told["problems"]) == (5, [])
