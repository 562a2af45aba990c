"""The bench of folding: the table, rows that only addresses can fold, and missing data."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from bench.folding_invented import of_addresses, of_languages
from bench.folding_report import GOALS, OURS, Figure, table

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "folding.py"


def test_missing_data_is_told_with_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), f"--data={tmp_path}"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours

    assert done.returncode == 1
    assert f"{tmp_path / 'dev.tar.xz'} is missing" in done.stderr
    assert "--data FOLDER" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_table_shows_goals_beside_each_method() -> None:
    scores = {"pair_P": 0.99, "pair_R": 0.7, "b3_P": 0.98, "b3_F1": 0.91}
    figures = [
        Figure(data="stories", method=OURS, scores=scores),
        Figure(data="stories", method="exact title", scores=scores),
        Figure(data="languages", method=OURS, scores=scores),
    ]

    lines = [line.split() for line in table(figures) if line]

    assert lines[1][:2] == ["stories", "goal"]
    assert lines[1][2:] == [f"{value:.4f}" for value in GOALS["stories"].values()]
    assert lines[2] == ["stories", OURS, "0.9900", "0.7000", "0.9800", "0.9100"]
    assert [line[1] for line in lines].count("goal") == 1


def test_pairs_of_addresses_share_no_word_no_feed_and_no_time() -> None:
    pairs = [
        {"a": "https://paper.example/x", "b": "https://m.paper.example/x"},
        {"a": "https://paper.example/x", "b": "https://paper.example/y"},
    ]

    rows = of_addresses(pairs)

    assert [row["url"] for row in rows] == [pair[side] for pair in pairs for side in "ab"]
    assert len({row["feed"] for row in rows}) == 4  # one host, so no two in one feed
    assert len({row["title"] for row in rows}) == 4
    assert len({row["published"] for row in rows}) == 2


def test_invented_news_has_three_entries_a_story_and_series_of_single_ones() -> None:
    rows = of_languages()

    told = Counter(row["label"] for row in rows if not row["series"])
    instalments = Counter(row["label"] for row in rows if row["series"])

    assert set(told.values()) == {3}
    assert set(instalments.values()) == {1}
    assert len(told) == 7 * 20
    assert len({row["id"] for row in rows}) == len(rows)
