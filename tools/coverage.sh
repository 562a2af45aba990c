#!/usr/bin/env bash
# Measures the pure rooms with their own tests; fails below 95 % of lines and branches.
set -euo pipefail
cd "$(dirname "$0")/.."
rooms='aggregator/config/*,aggregator/read/*,aggregator/fold/*,aggregator/digest/*,aggregator/poll/plan.py'
.venv/bin/coverage erase
.venv/bin/coverage run -m pytest -q -m "not slow" tests/config tests/read tests/fold tests/digest tests/poll/test_plan.py
.venv/bin/coverage combine --quiet
.venv/bin/coverage report --include "$rooms" --fail-under 95 --skip-covered
