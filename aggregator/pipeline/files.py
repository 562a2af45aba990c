"""Published files: each is replaced as a whole, and only where its bytes differ."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aggregator.model import Document

PUBLIC_MODE = 0o644  # another web server may serve the folder
UNFINISHED = (".newsfold-", ".tmp")  # how the name of a file that is being written begins and ends


def write_documents(public_dir: Path, documents: Iterable[Document]) -> int:
    """Write the documents whose bytes differ from what stands there; return how many."""
    return sum(_write(public_dir / document.path, document.body) for document in documents)


def _write(path: Path, body: bytes) -> bool:
    if path.is_file() and path.read_bytes() == body:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, body)
    return True


def remove_remains(public_dir: Path) -> None:
    """Remove what a process that was killed while it wrote has left in the folder."""
    for path in public_dir.rglob("*".join(UNFINISHED)):
        path.unlink(missing_ok=True)


def replace_file(path: Path, body: bytes, *, mode: int = PUBLIC_MODE) -> None:
    """Put the bytes at the path in one step: a reader sees the old file or the new, never half."""
    prefix, suffix = UNFINISHED
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=suffix)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), mode)
        os.replace(name, path)  # noqa: PTH105 - the name is a str already
    except BaseException:
        os.unlink(name)  # noqa: PTH108 - the name is a str already
        raise
