"""The coverage model: one weight for each measure of likeness, as trained; nothing else.

A positive weight speaks for one event, a negative one against it. Names as in `decide.Likeness`.
Train again with `python bench/folding_offline.py --train`, which prints this table.
"""

from __future__ import annotations

INTERCEPT = -6.81
COVERAGE = {
    "title_cosine": 4.35,
    "text_cosine": 10.31,
    "covered_least": 4.04,
    "covered_most": 2.83,
    "shorter_in_title": 3.36,
    "name_cosine": 0.17,
    "numbers_conflict": -0.24,
    "title_numbers_conflict": -0.16,
    "numbers_shared": 0.77,
    "gap_days": -1.14,
    "rarest": 4.73,
}
