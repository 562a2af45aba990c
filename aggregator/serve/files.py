"""Which file a URL path names, and as what it is served. Nothing else is ever given out.

The publisher's names are plain: letters, digits, "-", "_" and inner dots, in folders of the same
kind, with one of the suffixes below. Its unfinished files begin with a dot. Whatever a path says,
the file that it leads to must bear such a name and lie below the public folder, symbolic links
followed. This module looks files up; it never reads one.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FRONT_PAGE = "index.html"

PAGE_TYPE = "text/html; charset=utf-8"
FEED_TYPES = {
    ".atom": "application/atom+xml; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".json": "application/feed+json",  # always UTF-8 (RFC 8259 section 8.1): no charset parameter
}
TYPES = FEED_TYPES | {
    ".html": PAGE_TYPE,
    ".css": "text/css; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".webp": "image/webp",
}

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII)
_LONGEST_NAME = 1000  # far over any published name, far under the system's own limit of 4096
_MISSING = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES, errno.EPERM}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What changes when a file is replaced: its inode and size, its time in nanoseconds."""

    inode: int
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file that may be served: its real path, its published name and how it looks now."""

    path: str
    name: str  # as asked for, below the public folder: "world/archive-0001.atom"
    stamp: Stamp

    @property
    def content_type(self) -> str:
        """Return the media type that the name stands for."""
        return content_type_of(self.name)

    @property
    def is_feed(self) -> bool:
        """Return whether the file is a feed document and no page or style."""
        return PurePosixPath(self.name).suffix in FEED_TYPES

    @property
    def is_current(self) -> bool:
        """Return whether the file is a document to subscribe to."""
        return is_current_feed(self.name)

    @property
    def is_archive(self) -> bool:
        """Return whether the file is an archive, which never changes (RFC 5005 section 4)."""
        return PurePosixPath(self.name).name.startswith("archive-")

    @property
    def is_frozen(self) -> bool:
        """Return whether the file never changes: an archive, or a picture named by its content."""
        return self.is_archive or PurePosixPath(self.name).suffix == ".webp"


def is_current_feed(name: str) -> bool:
    """Return whether the name is of a document to subscribe to."""
    return "/" not in name and PurePosixPath(name).suffix in FEED_TYPES


def content_type_of(name: str) -> str:
    """Return the media type that a published name stands for."""
    return TYPES[PurePosixPath(name).suffix]


def find(public_dir: Path, url_path: str) -> Found | None:
    """Return the file that a decoded URL path ("/world.atom") names, or None where none may be.

    Raises OSError when the disk fails; a missing or forbidden file is None.
    """
    name = url_path.removeprefix("/") or FRONT_PAGE
    if not is_published_name(name):
        return None
    try:
        path = _real_path(public_dir, name)
        status = os.stat(path) if path else None  # noqa: PTH116 - resolved already, as a str
    except OSError as error:
        if error.errno in _MISSING:
            return None
        raise
    if path is None or status is None or not stat.S_ISREG(status.st_mode):
        return None
    return Found(path=path, name=name, stamp=stamp_of(status))


def is_published_name(name: str) -> bool:
    """Return whether the publisher could have given this name, folders included."""
    return (
        len(name) <= _LONGEST_NAME
        and PurePosixPath(name).suffix in TYPES
        and all(_SEGMENT.fullmatch(segment) for segment in name.split("/"))
    )


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file from its status."""
    return Stamp(inode=status.st_ino, size=status.st_size, modified_ns=status.st_mtime_ns)


def _real_path(public_dir: Path, name: str) -> str | None:
    """Return where the name leads with every link followed, or None where that is elsewhere."""
    root = os.path.realpath(public_dir, strict=True)
    path = os.path.realpath(f"{root}/{name}", strict=True)
    inside = path.removeprefix(root.rstrip("/") + "/")
    return path if inside != path and is_published_name(inside) else None
