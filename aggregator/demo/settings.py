"""Writes the configuration of a demo: all outlets of a running newsroom and three digests."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.demo.server import Running
    from aggregator.demo.values import Outlet

FIRST_ISSUE_AFTER = timedelta(minutes=2)  # so that a demo shows an edition while one watches


def configuration(running: Running, folder: Path, *, listen: str = "") -> str:
    """Return the TOML text of a demo configuration whose data live below `folder`.

    Without `listen` ("host:port") a free port on loopback is chosen.
    """
    listen = listen or f"127.0.0.1:{_free_port()}"
    soon = (running.newsroom.now + FIRST_ISSUE_AFTER).strftime("%H:%M")
    feeds = "".join(_feed(running, outlet) for outlet in running.newsroom.outlets)
    return _service(folder, listen) + feeds + _digests(soon)


def _service(folder: Path, listen: str) -> str:
    return f"""\
# A demo: invented outlets on this machine, nothing from outside.
[service]
data_dir = {_quoted(str(folder / "data"))}
public_dir = {_quoted(str(folder / "public"))}
public_url = {_quoted(f"http://{listen}")}
listen = {_quoted(listen)}
search = true

[polling]
interval = "1m"  # the outlets are ours: no server is bothered
min_interval = "1m"
timeout = "10s"
allow_private_addresses = ["127.0.0.0/8"]
backfill = 100  # show all that the outlets have
"""


def _feed(running: Running, outlet: Outlet) -> str:
    tags = ", ".join(_quoted(tag) for tag in outlet.tags)
    return f"""
[[feeds]]
url = {_quoted(running.feed_url(outlet))}
title = {_quoted(outlet.title)}
tags = [{tags}]
weight = {outlet.weight}
"""


def _digests(soon: str) -> str:
    times = json.dumps(sorted({"07:00", soon}))
    return f"""
[[digests]]
name = "all"
title = "Everything, every story once"
kind = "live"
settle = "0s"  # outside a demo, ten minutes let coverage gather
limit = 200

[[digests]]
name = "halvmark"
title = "News from Halvmark"
tags = ["halvmark"]
kind = "live"
settle = "0s"
order = "top"

[[digests]]
name = "morning"
title = "The morning edition"
kind = "edition"
at = {times}  # and once while one watches
timezone = "UTC"
order = "top"
"""


def _quoted(text: str) -> str:
    """Return a TOML basic string; JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
