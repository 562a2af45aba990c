#!/usr/bin/env bash
# Makes the virtual environment .venv and puts the named lock files and the project into it.
# Works on a Debian machine without python3-venv's ensurepip: the system's pip serves then.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Newsfold needs Python 3.11 or newer, and $python is $("$python" --version). Set PYTHON=/path/to/python3.11." >&2
  exit 1
}
echo "Setting up .venv (once; about half a minute)…" >&2
if [ ! -x .venv/bin/python ]; then
  "$python" -m venv .venv 2>/dev/null || "$python" -m venv --clear --without-pip .venv
fi
if [ -x .venv/bin/pip ]; then
  pip=(.venv/bin/python -m pip)
elif "$python" -m pip --version >/dev/null 2>&1; then
  pip=("$python" -m pip --python .venv/bin/python)
else
  echo "No pip: apt-get install python3-venv python3-pip, then run this again." >&2
  exit 1
fi
quiet=(--quiet --disable-pip-version-check --no-input)
for lock in requirements-build.txt "$@"; do
  "${pip[@]}" install "${quiet[@]}" --require-hashes --requirement "$lock"
done
"${pip[@]}" install "${quiet[@]}" --no-deps --no-build-isolation --editable .
