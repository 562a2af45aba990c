from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.serve.files import find, is_published_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def public_dir(tmp_path: Path) -> Path:
    public_dir = tmp_path / "public"
    (public_dir / "world").mkdir(parents=True)
    for name in ("index.html", "world.atom", "world/archive-0001.atom"):
        (public_dir / name).write_bytes(b"content")
    (tmp_path / "outside.html").write_bytes(b"private")
    (tmp_path / "public.html").write_bytes(b"private")
    return public_dir


@pytest.mark.parametrize(
    ("url_path", "name"),
    [
        ("/", "index.html"),
        ("/world.atom", "world.atom"),
        ("/world/archive-0001.atom", "world/archive-0001.atom"),
    ],
)
def test_a_published_file_is_found(public_dir: Path, url_path: str, name: str) -> None:
    found = find(public_dir, url_path)

    assert found is not None
    assert found.path == str(public_dir / name)
    assert found.name == name
    assert found.stamp.size == 7


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../outside.html",
        "world/../../outside.html",
        "world/../world.atom",
        "./world.atom",
        "/etc/hosts.json",
        "//world.atom",
        "world//archive-0001.atom",
        "world.atom/",
        ".hidden.atom",
        "world/.archive-0002.atom",
        ".git/config.json",
        ".atom",
        "world",
        "newsfold.db",
        "world.atom.tmp",
        "world.ATOM",
        "world.atom~",
        "world.atom\x00.html",
        "world.atom\n",
        "wörld.atom",
        "..\\outside.html",
        "world\\..\\outside.html",
        "C:world.html",
        "%2e%2e/outside.html",
        "a/" * 500 + "world.atom",
        "\udc2e.html",
    ],
)
def test_another_name_is_never_looked_up(name: str) -> None:
    assert not is_published_name(name)


@given(st.text(alphabet="a.-_/\\%\x00 2e", max_size=20), st.sampled_from([".atom", ".html", ""]))
def test_no_name_that_passes_climbs_or_hides(stem: str, suffix: str) -> None:
    name = stem + suffix

    if is_published_name(name):
        assert os.path.normpath(name) == name
        assert not any(part.startswith(".") for part in name.split("/"))


@pytest.mark.parametrize(
    "target",
    ["../outside.html", "../public.html", "..", ".hidden.html", "note.txt", "loop.html", "nowhere"],
)
def test_a_link_that_leaves_what_is_published_is_not_followed(
    public_dir: Path, target: str
) -> None:
    (public_dir / ".hidden.html").write_bytes(b"half-written")
    (public_dir / "note.txt").write_bytes(b"private")
    (public_dir / "loop.html").symlink_to("link.html")
    (public_dir / "link.html").symlink_to(target)

    assert find(public_dir, "/link.html") is None


def test_a_folder_link_that_leads_out_is_not_followed(public_dir: Path) -> None:
    (public_dir / "up").symlink_to("..")

    assert find(public_dir, "/up/outside.html") is None


def test_a_link_to_a_published_file_is_followed(public_dir: Path) -> None:
    """A person may keep an old name alive."""
    (public_dir / "old.atom").symlink_to("world.atom")

    found = find(public_dir, "/old.atom")

    assert found is not None
    assert found.path == str(public_dir / "world.atom")


def test_the_public_folder_itself_may_be_a_link(public_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(public_dir)

    found = find(tmp_path / "current", "/world.atom")

    assert found is not None
    assert found.path == str(public_dir / "world.atom")


def test_only_regular_files_are_found(public_dir: Path) -> None:
    (public_dir / "folder.html").mkdir()
    os.mkfifo(public_dir / "pipe.html")

    assert find(public_dir, "/folder.html") is None
    assert find(public_dir, "/pipe.html") is None


@pytest.mark.parametrize(
    "url_path",
    ["/nothing.atom", "/world.atom/x.atom", f"/{'x' * 400}.atom"],
    ids=["missing", "below a file", "longer than the system allows"],
)
def test_what_is_not_there_is_none(public_dir: Path, url_path: str) -> None:
    assert find(public_dir, url_path) is None


def test_a_missing_public_folder_holds_nothing(tmp_path: Path) -> None:
    assert find(tmp_path / "not-yet", "/") is None


def test_a_failing_disk_is_no_missing_file(
    public_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that is told 404 may drop the feed; trouble of ours must not look like it."""

    def fail(path: object) -> os.stat_result:
        raise OSError(errno.EIO, "Input/output error", path)

    monkeypatch.setattr(os, "stat", fail)

    with pytest.raises(OSError, match="Input/output"):
        find(public_dir, "/world.atom")


@pytest.mark.parametrize(
    ("name", "content_type", "is_feed", "is_archive"),
    [
        ("world.atom", "application/atom+xml; charset=utf-8", True, False),
        ("world/archive-0001.atom", "application/atom+xml; charset=utf-8", True, True),
        ("index.html", "text/html; charset=utf-8", False, False),
    ],
)
def test_the_name_tells_what_a_file_is(
    public_dir: Path, name: str, content_type: str, *, is_feed: bool, is_archive: bool
) -> None:
    found = find(public_dir, f"/{name}")

    assert found is not None
    assert (found.content_type, found.is_feed, found.is_archive) == (
        content_type,
        is_feed,
        is_archive,
    )
