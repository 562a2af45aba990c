from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.cli.conftest import Desk, Web


def test_a_good_configuration_has_no_problem(polled: Desk) -> None:
    result = polled.run("check")

    assert result.exit_code == 0
    assert result.stdout == f"{polled.path}: no problem. 5 feeds, 1 digest.\n"
    assert polled.run("check", "--quiet").output == ""
    assert polled.json("check") == []


def test_a_hub_that_nobody_reaches_is_a_warning_and_no_problem(polled: Desk) -> None:
    text = polled.path.read_text("utf-8")
    fields = 'own_hub = true\npublic_url = "http://10.0.0.7:8080"'
    text = text.replace('public_url = "https://news.example"', fields)
    polled.path.write_text(text, "utf-8")

    result = polled.run("check")
    (line,) = polled.json("check")

    assert result.exit_code == 0
    warning, summary = result.stdout.splitlines()
    assert warning.startswith(f"Warning: {polled.path}:2: service.own_hub: public_url is ")
    assert summary == f"{polled.path}: no problem. 5 feeds, 1 digest."
    assert (line["line"], line["key"], line["warning"]) == (2, "service.own_hub", True)
    assert polled.run("check", "--quiet").output == ""
    assert all("feed" in each for each in polled.json("check", "--online", code=1))


def test_every_problem_is_told_with_its_line(desk: Desk) -> None:
    desk.path.write_text('[polling]\ninterval = "soon"\n[[feeds]]\nurl = "nix"\n', "utf-8")

    result = desk.run("check")

    assert result.exit_code == 2
    assert f"{desk.path}:2: polling.interval:" in result.stderr
    assert f"{desk.path}:4: feeds[1].url:" in result.stderr
    lines = desk.json("check", code=2)
    assert [(line["line"], line["key"]) for line in lines] == [
        (2, "polling.interval"),
        (4, "feeds[1].url"),
    ]


def test_online_asks_each_feed_once_and_keeps_nothing(desk: Desk, web: Web) -> None:
    desk.write(web.url("/post.xml"), web.url("/broken.xml"))

    result = desk.run("check", "--online")

    assert result.exit_code == 1
    assert "failed   " in result.stdout
    assert "answered 500" in result.stdout
    assert "1 of 2 feeds answer well." in result.stdout
    assert [len(web.asked(path)) for path in ("/post.xml", "/broken.xml")] == [1, 1]
    assert not (desk.folder / "data").exists()


def test_online_asks_conditionally_and_leaves_alone_what_wants_it(polled: Desk, web: Web) -> None:
    lines = polled.json("check", "--online", code=1)

    outcomes = {line["feed"].rpartition("/")[2]: line["outcome"] for line in lines}
    assert outcomes == {
        "post.xml": "not_modified",
        "herald.xml": "not_modified",
        "broken.xml": "failed",
        "gone.xml": "gone",
        "busy.xml": "deferred",
    }
    assert web.asked("/post.xml")[0].headers["If-None-Match"] == '"post.xml"'
    assert not web.asked("/busy.xml")
    assert not web.asked("/gone.xml")


def test_online_all_well_is_quiet_on_request(desk: Desk, web: Web) -> None:
    desk.write(web.url("/post.xml"))

    result = desk.run("check", "--online", "--quiet")

    assert (result.exit_code, result.output) == (0, "")


def test_full_text_without_its_library_is_a_problem_and_polling_goes_on(
    desk: Desk, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(web.url("/post.xml"))
    text = desk.path.read_text("utf-8").replace("[[feeds]]", "[[feeds]]\nfull_text = true", 1)
    desk.path.write_text(text, "utf-8")
    assert desk.run("check").exit_code == 0
    monkeypatch.setitem(sys.modules, "trafilatura", None)

    (problem,) = desk.json("check", code=2)

    assert problem["key"] == "feeds[1].full_text"
    assert problem["line"] == text[: text.index("full_text")].count("\n") + 1
    assert "pip install 'newsfold[fulltext]'" in problem["mend"]
    assert desk.run("poll").exit_code == 0
    assert len(web.asked("/post.xml")) == 1
    assert not web.asked("/robots.txt")


def test_a_preview_shows_what_a_digest_would_take_and_why(polled: Desk) -> None:
    told = {line["title"]: line for line in polled.json("check", "--preview", "news")}
    assert told
    assert all(line["in"] for line in told.values())
    title = next(iter(told))
    polled.path.write_text(
        polled.path.read_text("utf-8").replace(
            'name = "news"\n', f'name = "news"\nexclude = [\'title: "{title}"\']\n'
        ),
        "utf-8",
    )

    again = {line["title"]: line for line in polled.json("check", "--preview", "news")}
    shown = polled.run("check", "--preview", "news")

    assert again[title]["in"] is False
    assert again[title]["why"] == f'exclude "title: "{title}"" of digest news'
    assert again[title]["published"] is told[title]["published"]
    assert [line["in"] for name, line in again.items() if name != title] == [True] * (len(told) - 1)
    assert f"would take {len(told) - 1} stor" in shown.stdout
    assert f"of {len(told)} and leave 1. Nothing was published." in shown.stdout


def test_a_preview_of_no_digest_names_those_that_there_are(polled: Desk) -> None:
    result = polled.run("check", "--preview", "nix")

    assert result.exit_code != 0
    assert "There is no digest 'nix'. The configuration has: " in result.stderr
