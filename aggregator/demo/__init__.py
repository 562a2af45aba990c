"""A bundled newsroom of invented outlets, served over real HTTP on loopback."""

from __future__ import annotations

from aggregator.demo.newsroom import Newsroom
from aggregator.demo.server import Running, serve
from aggregator.demo.settings import configuration

__all__ = ["Newsroom", "Running", "configuration", "serve"]
