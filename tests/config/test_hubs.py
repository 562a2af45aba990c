from __future__ import annotations

import pytest

from aggregator.config.addresses import parse_hub
from aggregator.config.faults import Unfit
from aggregator.config.kinds import MAX_HUBS, _few_hubs


def test_a_hub_is_kept_as_it_is_written() -> None:
    assert parse_hub("https://hub.example/?id=1") == "https://hub.example/?id=1"


@pytest.mark.parametrize(
    "text", ["", "hub.example", "ftp://hub.example/", "https://u:p@hub.example/", "https://h.ex/#a"]
)
def test_what_is_no_hub_is_refused(text: str) -> None:
    with pytest.raises(Unfit):
        parse_hub(text)


def test_a_handful_of_hubs_will_do() -> None:
    hubs = [f"https://hub{number}.example/" for number in range(MAX_HUBS)]

    assert _few_hubs(hubs) == hubs
    with pytest.raises(Unfit, match="6 hubs"):
        _few_hubs([*hubs, "https://one.example/"])
