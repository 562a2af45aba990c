"""The coverage model: one weight for each measure of likeness, as trained; nothing else.

A positive weight speaks for one event, a negative one against it. Names as in `coverage.Likeness`.
Train again with `python bench/folding_train.py`, which prints this table.
"""

from __future__ import annotations

INTERCEPT = -6.90
COVERAGE = {
    "title_cosine": 4.98,
    "text_cosine": 2.45,
    "plain_cosine": 7.72,
    "covered_least": 0.84,
    "covered_most": 0.10,
    "shorter_in_title": 4.16,
    "name_cosine": 1.24,
    "numbers_conflict": -0.22,
    "title_numbers_conflict": -0.09,
    "numbers_shared": -0.60,
    "gap_days": -1.14,
    "rarest": 3.64,
    "second_rarest": 1.40,
    "shared_count": -0.34,
    "shared_sum": 0.66,
    "contained": 2.80,
    "titles_sum": 0.85,
    "names_sum": -0.51,
    "numbers_sum": 0.36,
    "one_feed": -2.32,
    "one_feed_numbers": 0.69,
}
