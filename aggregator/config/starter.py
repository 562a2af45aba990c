"""The configuration that `newsfold init` writes: short, commented, ready to load."""

from __future__ import annotations

import json

from aggregator.config.addresses import parse_public_url
from aggregator.config.faults import Unfit
from aggregator.errors import UsageError

DEFAULT_PUBLIC_URL = "http://127.0.0.1:8080"  # where the service listens by default

TEXT = """\
# Newsfold's configuration. Every key, with type and default: docs/CONFIGURATION.md
# After a change: newsfold check

[service]
data_dir = "data"      # the database; relative to this file
public_dir = "public"  # the published files
public_url = {public_url}  # where readers reach them: set it once and keep it
listen = "127.0.0.1:8080"
contact = ""           # a web or e-mail address for the operators of the feeds

[polling]
interval = "1h"        # for feeds that say nothing of it

[folding]
coverage = true        # false: only copies fold, not other outlets' entries on one event

# A digest of all feeds: public/news.atom, .rss, .json and .html.
[[digests]]
name = "news"
title = "News, every story once"
kind = "live"          # each story as it comes in

# A whole issue every morning: take the # away.
# [[digests]]
# name = "morning"
# title = "The morning edition"
# kind = "edition"
# at = ["07:00"]
# timezone = "Europe/London"
# order = "top"

# The feeds. "newsfold add URL" writes them here; OPML files can be named at the top of this
# file, before [service], with opml = ["feeds.opml"].
#
# [[feeds]]
# url = "https://example.org/feed.xml"
# tags = ["world"]
"""


def text(*, public_url: str = DEFAULT_PUBLIC_URL) -> str:
    """Return the file's text; raise UsageError where `public_url` is no http or https address."""
    try:
        url = parse_public_url(public_url)
    except Unfit as error:
        message = f"{error.what}. {error.mend}"
        raise UsageError(message) from error
    return TEXT.format(public_url=json.dumps(url, ensure_ascii=False))
