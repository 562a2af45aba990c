#!/usr/bin/env bash
# Installs Debian's Chromium for the browser tests. Never an error: the tests say why they skip.
set -u
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "No Chromium, and it may not be installed from here: the browser tests will be skipped."
  exit 0
fi
echo "Installing Debian's Chromium for the browser tests…"
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-core; } >/dev/null 2>&1 ||
  echo "Chromium could not be installed: the browser tests will be skipped."
