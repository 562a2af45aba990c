"""The service: time, processes and signals. The only place that knows what it is time to do."""

from __future__ import annotations

from aggregator.service.run import Service

__all__ = ["Service"]
