"""The coverage model: one weight for each measure of likeness, as trained; nothing else.

A positive weight speaks for one event, a negative one against it. Names as in `coverage.Likeness`.
Train again with `python bench/folding_train.py`, which prints this table.
"""

from __future__ import annotations

INTERCEPT = -6.80
COVERAGE = {
    "title_cosine": 4.48,
    "text_cosine": 2.44,
    "plain_cosine": 7.98,
    "covered_least": 0.72,
    "covered_most": -0.01,
    "shorter_in_title": 4.42,
    "name_cosine": 1.28,
    "numbers_conflict": -0.20,
    "title_numbers_conflict": -0.07,
    "numbers_shared": -0.64,
    "gap_days": -1.25,
    "rarest": 3.89,
    "second_rarest": 1.19,
    "shared_count": -0.32,
    "shared_sum": 0.58,
    "contained": 2.59,
    "titles_sum": 0.89,
    "names_sum": -0.50,
    "numbers_sum": 0.41,
    "one_feed": -2.37,
    "one_feed_numbers": 0.75,
}
