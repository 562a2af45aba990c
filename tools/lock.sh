#!/usr/bin/env bash
# Makes the three lock files again: exact versions with hashes, for every platform, naming no host.
# Needs `uv` (pip install uv). Give --upgrade to take newer versions.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url --no-emit-find-links "$@"
}
lock "$@" --extra fulltext pyproject.toml --output-file requirements.txt
lock "$@" --group build --output-file requirements-build.txt
lock "$@" --group dev --extra fulltext pyproject.toml --constraint requirements.txt --output-file requirements-dev.txt
