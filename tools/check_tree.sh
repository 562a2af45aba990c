#!/usr/bin/env bash
# Lock files name no host; nothing tracked names a place on one machine.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=0
if grep -nE '://|--(extra-)?index-url|--find-links|file:' requirements*.txt; then
  echo "A lock file names a host: make it again with tools/lock.sh." >&2; bad=1
fi
if git ls-files -z | xargs -0 grep -nIE '(/root/|/home/[a-z]+/|/Users/[a-z]+/)' -- | grep -v '^tools/check_tree.sh'; then
  echo "A tracked file names a path of one machine." >&2; bad=1
fi
exit $bad
