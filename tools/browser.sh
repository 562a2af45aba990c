#!/usr/bin/env bash
# Installs Debian's Chromium and small fonts (Latin, Arabic, Hebrew, CJK) for the browser tests, where
# Chromium is missing and may be installed. Never an error: without it, the tests say why they skip.
set -u
command -v chromium >/dev/null 2>&1 && exit 0
skip() { echo "$1: the browser tests will be skipped."; exit 0; }
command -v apt-get >/dev/null 2>&1 || skip "No Chromium, and no apt-get to install it with"
[ "$(id -u)" = 0 ] || skip "No Chromium, and only root may install it (apt-get install chromium)"
echo "Installing Debian's Chromium for the browser tests…"
export DEBIAN_FRONTEND=noninteractive
# Waits neither for another apt (its lock) nor for a network that is not there. Only fetching has a
# time limit: an install that is cut short would leave the machine's packages half set up.
apt=(apt-get -qq -o DPkg::Lock::Timeout=20 -o Acquire::Retries=1
  -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15)
fetch=(timeout --kill-after=5)
get=(install --yes --no-install-recommends chromium fonts-noto-core fonts-wqy-microhei)
{ "${fetch[@]}" 40 "${apt[@]}" update && "${fetch[@]}" 100 "${apt[@]}" "${get[@]}" --download-only &&
  "${apt[@]}" "${get[@]}"; } >/dev/null 2>&1 </dev/null
command -v chromium >/dev/null 2>&1 || skip "Chromium could not be installed"
