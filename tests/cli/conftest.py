"""A small web on loopback, a folder with a configuration of it, and the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from aggregator.cli.app import newsfold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BRIDGE = (
    "The new harbour bridge between Alderholt and Sandwick opened to traffic on Tuesday after nine"
    " years of work, two changes of contractor and a final inspection that took until midnight."
)
ORCHARD = (
    "Growers in the Winterbourne valley expect the smallest apple harvest since records began,"
    " because a late frost in April killed the blossom on three orchards out of four."
)
PAGE = (
    '<html><head><title>The Post</title><link rel="alternate" type="application/rss+xml"'
    ' href="/extra.xml" title="The Post"><link rel="alternate" type="application/rss+xml"'
    ' href="/comments.xml"></head></html>'
)


def rss(title: str, *entries: tuple[str, str, str]) -> str:
    """Return an RSS document; an entry is its name, its title and its text."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{title}-{name}</guid><title>{head}</title>"
        f"<link>https://{title.lower()}.example/{name}</link>"
        f"<description>{text}</description></item>"
        for name, head, text in entries
    )
    return f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"


@dataclass(frozen=True)
class Web:
    """The outlets: what each answers, and what was asked."""

    server: HTTPServer

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return str(self.server.url_for(path))

    def asked(self, path: str) -> list[Request]:
        """Return the requests for a path, oldest first."""
        return [request for request, _ in self.server.log if request.path == path]

    def serve(self, path: str, body: str, **fields: Any) -> None:  # noqa: ANN401 - werkzeug's own
        """Answer a path with this body, and with 304 where the caller has it."""

        def answer(request: Request) -> Response:
            response = Response(body, **fields)
            response.set_etag(path.strip("/"))
            return response.make_conditional(request)

        self.server.expect_request(path).respond_with_handler(answer)


@dataclass(frozen=True)
class Desk:
    """A folder with a configuration, and the command line on it."""

    folder: Path

    @property
    def path(self) -> Path:
        """Return where the configuration lies."""
        return self.folder / "newsfold.toml"

    def run(self, *args: str) -> Result:
        """Run a command; nothing of ours may escape as an exception."""
        result = CliRunner().invoke(
            newsfold, ["--config", str(self.path), *args], prog_name="newsfold"
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    def json(self, *args: str, code: int = 0) -> list[Any]:
        """Run a command with --json and return its lines as values."""
        result = self.run(*args, "--json")
        assert result.exit_code == code, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    def write(self, *feeds: str, more: str = "") -> None:
        """Write a configuration with these feeds, all tagged `all`."""
        tables = "".join(f'[[feeds]]\nurl = "{url}"\ntags = ["all"]\n' for url in feeds)
        self.path.write_text(SETTINGS + more + tables, "utf-8")


SETTINGS = """\
[service]
public_url = "https://news.example"

[polling]
allow_private_addresses = ["127.0.0.0/8"]
timeout = "5s"

[[digests]]
name = "news"

"""


@pytest.fixture(scope="session")
def outlets() -> Iterator[Web]:
    with HTTPServer(host="127.0.0.1", port=0) as server:
        web = Web(server)
        bridge, orchard = ("bridge", "Bridge opens", BRIDGE), ("apples", "Frost", ORCHARD)
        web.serve("/post.xml", rss("Post", bridge, orchard))
        web.serve("/herald.xml", rss("Herald", bridge))
        web.serve("/extra.xml", rss("Extra", ("one", "Ferry timetable changes", "Boats sail.")))
        web.serve("/", PAGE, content_type="text/html")
        web.serve("/plain", "<html><title>Nothing here</title></html>", content_type="text/html")
        web.serve("/broken.xml", "Sorry", status=500)
        web.serve("/gone.xml", "", status=410)
        web.serve("/busy.xml", "", status=429, headers={"Retry-After": "3600"})
        yield web


@pytest.fixture
def web(outlets: Web) -> Web:
    outlets.server.clear_log()
    return outlets


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def polled_folder(outlets: Web, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which every outlet was polled once. It is to be copied, not changed."""
    desk = Desk(tmp_path_factory.mktemp("polled"))
    desk.write(*(outlets.url(f"/{name}.xml") for name in NAMES))
    assert desk.run("poll", "--quiet").exit_code == 0
    return desk.folder


NAMES = ("post", "herald", "broken", "gone", "busy")


@pytest.fixture
def polled(polled_folder: Path, tmp_path: Path) -> Desk:
    """Return a desk of one's own whose feeds were polled once."""
    shutil.copytree(polled_folder, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path)
