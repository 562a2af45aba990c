"""What pages stand among: our copies of pictures, a search that is answered or not. Values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aggregator.digest import safe
from aggregator.model import DigestKind, Format, Images, Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aggregator.model import Digest, Publication, Service, Source

PICTURED_EDITIONS = 3  # the newest, whose own pages show pictures; older ones would keep them alive


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a page's pictures come from, which of them there are, and whether it can be searched.

    `root` leads from the page to the front page's folder.
    """

    images: Images = Images.DIRECT
    pictures: Mapping[str, Picture] = field(default_factory=dict)  # by the outlet's address
    search: bool = False
    root: str = ""

    def picture(self, url: str) -> Picture | None:
        """Return the picture to show for an outlet's address, None where none may be or is there.

        Its `path` is as an `src` has it.
        """
        if not url or self.images is Images.NONE:
            return None
        if self.images is Images.DIRECT:
            address = safe.url(url)
            return Picture(path=address) if address else None
        kept = self.pictures.get(url)
        return replace(kept, path=self.root + kept.path) if kept else None

    def at(self, root: str) -> Setting:
        """Return the setting for a page from which `root` leads to the front page's folder."""
        return replace(self, root=root)

    def without_copies(self) -> Setting:
        """Return the setting for a page that stays as it is: our copies do not stay for ever."""
        return replace(self, pictures={})


def _nothing(_url: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is known beside the stories: our copies of pictures, and a digest's sources."""

    pictures: Mapping[str, Picture] = field(default_factory=dict)
    sources: Sequence[Source] = ()
    is_secret: Callable[[str], bool] = _nothing  # whether a feed's address is told to nobody


def setting_of(service: Service, pictures: Mapping[str, Picture]) -> Setting:
    """Return what the configuration says of pages, with the copies of pictures that are there."""
    return Setting(images=service.images, pictures=pictures, search=service.search)


def pictured_count(digest: Digest) -> int:
    """Return of how many of its newest editions the own pages show pictures.

    The page of one that leaves the current document is not written again, so it must have lost its
    pictures before.
    """
    return min(PICTURED_EDITIONS, digest.limit - 1)


def picture_urls(digest: Digest, publications: Sequence[Publication]) -> Iterator[tuple[str, str]]:
    """Yield the outlets' addresses of the pictures that a digest's pages show, the newest first.

    Each comes with the URL of the feed that names it. `publications` are the current ones, the
    newest first.
    """
    if digest.kind is DigestKind.EDITION:
        shown = publications[: max(1, pictured_count(digest))]
        stories = [story for edition in shown for story in edition.stories]
    else:
        stories = list(publications) if Format.HTML in digest.formats else []
    for story in stories:
        if address := safe.url(story.image):
            yield address, story.source.feed_url
