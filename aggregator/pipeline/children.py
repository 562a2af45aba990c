"""How our child processes are started: same Python, same package, nothing of the working folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import aggregator


def command(module: str) -> list[str]:
    """Return the command line that runs `main()` of one of our modules in a child process.

    `-P` keeps the working folder off the child's path: a file there named like a library of ours
    must not be run.
    """
    return [sys.executable, "-P", "-c", f"from {module} import main; main()"]


def environment() -> dict[str, str]:
    """Return the environment for a child: ours, with this package found first."""
    root = str(Path(aggregator.__file__).parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
