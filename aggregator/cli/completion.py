"""What a shell may complete: names from the configuration. Whatever is wrong, it says nothing."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from aggregator.cli.context import Context, default_path
from aggregator.errors import NewsfoldError

if TYPE_CHECKING:
    import click

    from aggregator.model import Config


def digest_names(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the digests whose name begins so."""
    found = _configuration(ctx)
    names = [digest.name for digest in found.digests] if found else []
    return [name for name in names if name.startswith(incomplete)]


def feed_urls(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the feeds whose address begins so."""
    found = _configuration(ctx)
    urls = [feed.url for feed in found.feeds] if found else []
    return [url for url in urls if url.startswith(incomplete)]


def _configuration(ctx: click.Context) -> Config | None:
    path = ctx.find_root().params.get("path") or default_path()
    with suppress(NewsfoldError, OSError):
        return Context(path, os.environ).load()
    return None
