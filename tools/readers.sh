#!/usr/bin/env bash
# Installs feed readers that nobody here wrote, for tests/readers: Debian's newsboat and sfeed, and
# rss-parser from npm in a cache folder, where they are missing and may be installed. The libraries
# reader and feedparser come with requirements-dev.txt. Never an error: the tests say which reader they skip.
set -u
place=${XDG_CACHE_HOME:-$HOME/.cache}/newsfold-readers
rss_parser=rss-parser@3.13.0
say() { echo "$1: its tests will be skipped."; }

have() { command -v newsboat >/dev/null 2>&1 && command -v sfeed_update >/dev/null 2>&1 && command -v curl >/dev/null 2>&1; }
debian() {
  command -v apt-get >/dev/null 2>&1 || { say "No newsboat or sfeed, and no apt-get to install it with"; return; }
  [ "$(id -u)" = 0 ] || { say "No newsboat or sfeed, and only root may install it (apt-get install newsboat sfeed curl)"; return; }
  echo "Installing newsboat and sfeed for the readers' tests…"
  export DEBIAN_FRONTEND=noninteractive
  # As tools/browser.sh: waits neither for another apt nor for a network that is not there; only
  # fetching has a time limit.
  apt=(apt-get -qq -o DPkg::Lock::Timeout=20 -o Acquire::Retries=1
    -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15)
  fetch=(timeout --kill-after=5)
  get=(install --yes --no-install-recommends newsboat sfeed curl)
  { "${fetch[@]}" 40 "${apt[@]}" update && "${fetch[@]}" 60 "${apt[@]}" "${get[@]}" --download-only &&
    "${apt[@]}" "${get[@]}"; } >/dev/null 2>&1 </dev/null
  have || say "newsboat or sfeed could not be installed"
}

node_library() {
  command -v npm >/dev/null 2>&1 || { say "No npm, so no rss-parser"; return; }
  echo "Installing rss-parser for the readers' tests…"
  mkdir -p "$place"
  # No scripts: the package has none, and its dependencies need none.
  timeout --kill-after=5 60 npm install --prefix "$place" --no-save --no-package-lock --no-audit \
    --no-fund --ignore-scripts "$rss_parser" >/dev/null 2>&1 </dev/null ||
    say "rss-parser could not be installed"
}

have || debian
[ -d "$place/node_modules/rss-parser" ] || node_library
exit 0
