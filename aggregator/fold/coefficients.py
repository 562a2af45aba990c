"""The coverage model: one weight for each measure of likeness, as trained; nothing else.

A positive weight speaks for one event, a negative one against it. Names as in `decide.Likeness`.
Train again with `python bench/folding_offline.py --train`, which prints this table.
"""

from __future__ import annotations

INTERCEPT = -7.15
COVERAGE = {
    "title_cosine": 4.56,
    "text_cosine": 12.06,
    "covered_least": 3.84,
    "covered_most": 2.92,
    "shorter_in_title": 3.02,
    "name_cosine": 0.39,
    "numbers_conflict": -0.26,
    "title_numbers_conflict": -0.29,
    "numbers_shared": 0.48,
    "gap_days": -1.13,
    "rarest": 4.68,
}
