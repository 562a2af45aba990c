#!/usr/bin/env bash
# Puts axe-core, which looks for what hinders people, into a cache folder and prints the path of its
# script; nothing is printed where it cannot be had. npm fetches it; what it brings must be, byte by
# byte, the version that is named here.
set -euo pipefail
version=4.14.1
sha512=FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==
cache=${XDG_CACHE_HOME:-$HOME/.cache}/newsfold/axe-core-$version
script=$cache/axe.min.js
say() { echo "axe-core: $1" >&2; exit 0; }
if [ ! -f "$script" ]; then
  command -v npm >/dev/null || say "no npm to fetch it with (apt-get install npm)"
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  (cd "$folder" && timeout 90 npm pack --silent "axe-core@$version" >/dev/null 2>&1) ||
    say "npm could not fetch version $version"
  archive=$folder/axe-core-$version.tgz
  found=$(openssl dgst -sha512 -binary "$archive" | base64 -w0)
  [ "$found" = "$sha512" ] || { echo "axe-core: version $version is not the one named here." >&2; exit 1; }
  mkdir -p "$cache"
  tar -xzf "$archive" -C "$folder" package/axe.min.js
  mv "$folder/package/axe.min.js" "$script"
fi
echo "$script"
