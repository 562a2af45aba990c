"""A document before it takes a form: what it lists, where it stands, what stands before it.

Holds every address and id of a published document, so that all forms agree. Writes no bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from aggregator.model import Format

if TYPE_CHECKING:
    from aggregator.model import Digest, Publication, Service

# RFC 4151 wants a date on which the host was its owner's; a constant, since an id never changes.
_TAG_DATE = "2026"
MEDIA_TYPES = {
    Format.ATOM: "application/atom+xml",
    Format.RSS: "application/rss+xml",
    Format.JSON: "application/feed+json",
    Format.HTML: "text/html",
}
OWN_HUB = "hub"  # below public_url; no published file bears such a name
GENERATOR = "Newsfold"  # without a version: archives keep their bytes over upgrades


def authority(public_url: str) -> str:
    """Return the host of the public address, as RFC 4151 takes it."""
    return (urlsplit(public_url).hostname or "localhost").replace(":", "-")


def current_path(name: str, form: Format) -> str:
    """Return where a digest's current document lies, below the public folder."""
    return f"{name}.{form}"


def edition_path(name: str, number: int) -> str:
    """Return where an edition's page lies, below the public folder."""
    return f"{name}/edition-{number}.html"


def public_address(public_url: str, path: str) -> str:
    """Return the absolute address of a published path."""
    return f"{public_url}/{quote(path)}"


def hubs_of(service: Service) -> tuple[str, ...]:
    """Return the WebSub hubs that current documents name, the service's own first."""
    own = (f"{service.public_url}/{OWN_HUB}",) if service.own_hub else ()
    return tuple(dict.fromkeys((*own, *service.hubs)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One document of a digest: the current one (`archive` 0) or an archive (RFC 5005)."""

    digest: Digest
    public_url: str
    publications: tuple[Publication, ...]
    archive: int = 0  # 1 is the oldest; archives never change
    older: int = 0  # the archive before this document; 0 where there is none
    hubs: tuple[str, ...] = ()  # WebSub hubs; none for an archive, which must never change

    @property
    def feed_id(self) -> str:
        """Return the Atom id of the digest, the same in all its documents."""
        return f"tag:{authority(self.public_url)},{_TAG_DATE}:digest:{quote(self.digest.name)}"

    @property
    def title(self) -> str:
        """Return the digest's title."""
        return self.digest.title

    def path(self, form: Format) -> str:
        """Return where this document lies in this form, below the public folder."""
        return self._path(form, self.archive)

    def address(self, form: Format) -> str:
        """Return this document's absolute address in this form."""
        return public_address(self.public_url, self.path(form))

    def current_address(self, form: Format) -> str:
        """Return the absolute address to subscribe to in this form."""
        return public_address(self.public_url, self._path(form, 0))

    def older_address(self, form: Format) -> str:
        """Return the absolute address of the archive before this document, or ""."""
        return public_address(self.public_url, self._path(form, self.older)) if self.older else ""

    def home_address(self) -> str:
        """Return the page that people read instead of this document."""
        if Format.HTML in self.digest.formats:
            return self.address(Format.HTML)
        return f"{self.public_url}/"

    def language(self) -> str:
        """Return the language that all entries share, or ""."""
        spoken = {publication.language for publication in self.publications}
        return spoken.pop() if len(spoken) == 1 else ""

    def _path(self, form: Format, archive: int) -> str:
        name = self.digest.name
        return f"{name}/archive-{archive:04}.{form}" if archive else current_path(name, form)


def is_edition(publication: Publication) -> bool:
    """Tell whether the publication is a whole edition rather than one story."""
    return not publication.story_id
