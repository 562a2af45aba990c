"""The plain methods beside which folding is measured, on a tiny invented set."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from bench import folding_baselines as baselines
from bench.folding_baselines import METHODS, average_link, single_link

BRIDGE = "Marlow harbour bridge reopens after repairs"
FROST = "Late frost ruins the plum harvest in Tessel"


def row(name: str, title: str, *, url: str = "", day: int = 20) -> dict[str, Any]:
    published = f"2026-11-{day}T12:00:00Z"
    return {"id": name, "title": title, "summary": "", "url": url, "published": published}


ROWS = [
    row("a", BRIDGE),
    row("b", FROST),
    row("c", "Harbour bridge of Marlow reopens to traffic"),
    row("d", BRIDGE, day=28),
]


def test_exact_keys_make_clusters_and_empty_ones_none() -> None:
    rows = [
        row("a", BRIDGE, url="https://paper.example/b?utm_source=rss"),
        row("b", BRIDGE.upper(), url="https://paper.example/b"),
        row("c", ""),
        row("d", ""),
    ]

    by = {name: baselines.exact(rows, key) for name, key in baselines.EXACT.items()}

    assert by["exact URL"]["a"] != by["exact URL"]["b"]
    assert by["exact canonical URL"]["a"] == by["exact canonical URL"]["b"]
    assert by["exact title"]["a"] == by["exact title"]["b"]
    assert all(found["c"] != found["d"] for found in by.values())


def test_vectors_have_length_one_and_rare_words_weigh_more() -> None:
    first, *_ = vectors = baselines.tf_idf(baselines.counts_of([*ROWS, row("e", "the repairs")]))

    assert all(baselines.cosine(one, one) == pytest.approx(1) for one in vectors)
    assert first["after"] > first["repairs"]


def test_bm25_is_a_share_of_what_an_entry_scores_itself() -> None:
    alike = baselines.bm25(baselines.counts_of(ROWS))

    assert alike(0, 0) == pytest.approx(1)
    assert alike(0, 3) == pytest.approx(1)
    assert 0 < alike(0, 2) < 1
    assert alike(0, 1) == 0


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_each_method_finds_the_story_within_the_window(method: baselines.Method) -> None:
    found = method.clusters(ROWS, method.likenesses(ROWS), 0.2)

    assert found["a"] == found["c"]
    assert len({found["a"], found["b"], found["d"]}) == 3  # the last is a week later


def test_average_link_asks_all_of_a_cluster_and_single_link_one() -> None:
    chain = [[], [(0, 0.6)], [(1, 0.6)]]

    assert average_link(chain, 0.5) == [0, 0, 2]
    assert len(set(single_link(chain, 0.5))) == 1
    assert len(set(single_link(chain, 0.7))) == 3


def test_thresholds_are_the_best_and_the_lowest_precise_one() -> None:
    measured = [(0.1, 0.80, 0.7), (0.2, 0.90, 0.9), (0.3, 0.97, 0.8), (0.4, 0.99, 0.6)]
    scores = {one: {"pair_P": precision, "b3_F1": f1} for one, precision, f1 in measured}

    assert baselines.thresholds(scores, precision=0.97) == (0.2, 0.3)
    assert baselines.thresholds(scores, precision=1.0) == (0.2, 0.4)
    assert all(one < other for one, other in pairwise(baselines.THRESHOLDS))
