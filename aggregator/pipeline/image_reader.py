"""The process that shrinks pictures: one body in, a small picture out, under the same limits.

Like `reader`, it is meant to be killed: a picture that drives it too far takes only itself down.
"""

from __future__ import annotations

from aggregator.pipeline.reader import serve
from aggregator.read.picture import shrink


def main() -> None:
    """Serve bodies of pictures."""
    serve(shrink)
