"""What a configuration offers to others who cannot reach it: `check` warns, the service goes on.

Whether an address is public is the caller's to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.config.document import open_source, problems_of
from aggregator.config.faults import Fault, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aggregator.model import Problem, Service

MEND = "Set public_url to the address by which others reach the published files"


def out_of_reach(
    path: Path, service: Service, *, is_public: Callable[[str], bool]
) -> list[Problem]:
    """Return a problem for each key of the file at `path` that needs a public `public_url`."""
    if is_public(service.public_url):
        return []
    return problems_of(open_source(path), list(_unreached(service, is_public)))


def _unreached(service: Service, is_public: Callable[[str], bool]) -> Iterator[Fault]:
    place = f"public_url is {shown(service.public_url)}"
    if service.own_hub:
        yield Fault(
            loc=("service", "own_hub"),
            what=f"{place}, where no subscriber outside your network reaches the hub",
            mend=f"{MEND}, or leave it so if all subscribers are inside.",
        )
    if any(map(is_public, service.hubs)):
        yield Fault(
            loc=("service", "hubs"),
            what=f"{place}, where no hub on the internet can fetch what has changed",
            mend=f"{MEND}, or remove the hubs.",
        )
