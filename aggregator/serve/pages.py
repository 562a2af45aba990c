"""The server's own pages: short, in plain words, and never a word from the request."""

from __future__ import annotations

from starlette.responses import Response

from aggregator.serve.files import PAGE_TYPE
from aggregator.serve.headers import PROTECTION

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<h1>{title}</h1>
<p>{text}</p>
</html>
"""


def not_found(path: str) -> Response:
    """Say that nothing is published there, with the way to the front page from that path."""
    if path == "/":
        text = "The front page appears after the first poll. Try again in a few minutes."
        return _page(404, "Nothing is published yet", text)
    home = "../" * (path.count("/") - 1) or "./"  # relative: a proxy may serve us below a folder
    text = (
        "The address may be mistyped, or the digest has another name now. "
        f'The <a href="{home}">front page</a> lists every digest.'
    )
    return _page(404, "Nothing is published at this address", text)


def not_allowed() -> Response:
    """Say that the published files can only be read."""
    page = _page(405, "This can only be read", "Published files are read with GET or HEAD.")
    page.headers["Allow"] = "GET, HEAD"
    return page


def too_large(limit_bytes: int) -> Response:
    """Say that the file is too large for this server, and what to do."""
    text = (
        f"The file is larger than {limit_bytes // 1_000_000} MB. Lower the digest's "
        "<code>limit</code>, or let a web server give out the public folder."
    )
    return _page(500, "This file is too large", text)


def _page(status: int, title: str, text: str) -> Response:
    return Response(
        _PAGE.format(title=title, text=text),
        status_code=status,
        headers=PROTECTION | {"Cache-Control": "no-store", "Content-Type": PAGE_TYPE},
    )
