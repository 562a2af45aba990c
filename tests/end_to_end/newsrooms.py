"""Configurations in a temporary folder, and houses on them with a clock that a test moves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import config
from aggregator.pipeline.places import database_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from aggregator.model import Config, PollReport
    from aggregator.pipeline.house import House

LIVE = '[[digests]]\nname = "all"\ntitle = "All"\nsettle = "0s"\n'


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now

    def move(self, span: timedelta) -> datetime:
        """Move on and return the moment."""
        self.now += span
        return self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a test's configuration says."""

    feeds: Sequence[str]  # addresses
    digests: str = LIVE
    polling: Mapping[str, str] = field(default_factory=dict)  # TOML values
    listen: str = "127.0.0.1:8080"
    extra: str = ""  # TOML lines for each feed
    contact: str = ""


def write(folder: Path, plan: Plan) -> Path:
    """Write the configuration into the folder and return its path."""
    polling = {
        "interval": '"1m"',
        "min_interval": '"1m"',
        "timeout": '"5s"',
        "allow_private_addresses": '["127.0.0.0/8"]',
        **plan.polling,
    }
    feeds = [f"[[feeds]]\nurl = {json.dumps(url)}\n{plan.extra}" for url in plan.feeds]
    path = folder / "newsfold.toml"
    lines = [
        "[service]",
        f'listen = "{plan.listen}"',
        f'public_url = "http://{plan.listen}"',
        f'contact = "{plan.contact}"',
        "[polling]",
        *(f"{name} = {value}" for name, value in polling.items()),
        *feeds,
        plan.digests,
    ]
    path.write_text("\n".join(lines), "utf-8")
    return path


def load(path: Path, **environ: str) -> Config:
    """Return the configuration at the path."""
    return config.load(path, environ=environ)


def take_round(house: House, *, everything: bool = True) -> list[PollReport]:
    """Poll and publish as `newsfold poll --all` does; return the reports."""
    reports: list[PollReport] = []
    house.poll(house.due(everything=everything), on_report=reports.append)
    house.publish()
    return reports


def public_of(configuration: Config) -> Path:
    """Return the folder of the published files."""
    return Path(configuration.service.public_dir)


def store_of(configuration: Config) -> Path:
    """Return the database file."""
    return database_path(configuration)
