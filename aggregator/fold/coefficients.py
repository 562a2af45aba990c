"""The coverage model: one weight for each measure of likeness, as trained; nothing else.

A positive weight speaks for one event, a negative one against it. Names as in `decide.Likeness`.
Train again with `python bench/folding_offline.py --train`, which prints this table.
"""

from __future__ import annotations

INTERCEPT = -6.77
COVERAGE = {
    "title_cosine": 4.38,
    "text_cosine": 10.72,
    "covered_least": 3.62,
    "covered_most": 2.92,
    "shorter_in_title": 3.44,
    "name_cosine": 0.11,
    "numbers_conflict": -0.17,
    "title_numbers_conflict": -0.28,
    "numbers_shared": 0.94,
    "gap_days": -1.11,
    "rarest": 4.65,
}
