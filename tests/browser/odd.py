"""Stories that strain a layout: endless words, other directions, nothing but a title."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.digest import render
from aggregator.model import Correction, Digest, Mention, Point, Publication, Relation, Service

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.model import Document

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitän" * 6
ARABIC = "اتفاق بين مدن الميناء على بناء حاجز ضد الفيضانات بعد عقدين من النقاش"
HEBREW = "ערי הנמל הסכימו על מחסום נגד שיטפונות"
JAPANESE = "港の七つの町が二十年の議論の末に防潮堤の建設で合意した" * 3
MARKUP = "<script>alert(1)</script> & \"quotes\" in a 'title' </article>"


def odd_documents(public_url: str, now: datetime) -> Sequence[Document]:
    """Return the digest `odd` with one archive, as files."""
    told = odd_stories(now)
    return tuple(
        render.documents(
            Digest(name="odd", title=f"Odd things {LONG_WORD}"),
            service=Service(
                data_dir="/",
                public_dir="/",
                public_url=public_url,
                listen="",
                contact="",
                search=True,
            ),
            publications=told,
            archive_count=1,
            archives=[(1, told)],
        )
    )


def odd_stories(now: datetime) -> list[Publication]:
    """Return a story for each oddity, all of the last days and the year before."""
    many = tuple(mention(f"Outlet number {n} of the archipelago", f"Report {n}") for n in range(40))
    copies = (mention("Copyist", "Same", relation=Relation.COPY),)
    return [
        story(
            1, now, title=LONG_WORD, summary=LONG_WORD, outlet=LONG_WORD, categories=(LONG_WORD,)
        ),
        story(
            2, now, title=ARABIC, summary=f"{ARABIC}. {ARABIC}.", language="ar", outlet="الميناء"
        ),
        story(3, now, title=HEBREW, mentions=(mention("הארץ שלנו", HEBREW), *copies)),
        story(4, now, title=JAPANESE, summary=JAPANESE, language="ja"),
        story(5, now, title=MARKUP, summary=MARKUP, outlet=MARKUP, categories=(MARKUP,)),
        story(6, now, title="Only a title", url=""),
        story(7, now, title="Told by forty", mentions=many),
        story(8, now, title="Told by a long name", mentions=(mention(LONG_WORD, LONG_WORD),)),
        story(9, now, title="An address without end", url=f"https://a.example/{'x' * 900}"),
        replace(story(11, now, title="Agreed on", mentions=many), points=points()),
        replace(
            story(12, now, title="Put right", summary="A summary. It has two sentences."),
            correction=Correction(
                at=now, former_title=LONG_WORD, added=(MARKUP, HEBREW), removed=2
            ),
            continues=mention("The Outlet", ARABIC),
        ),
        story(10, now - timedelta(days=400), title="From long ago", mentions=copies),
    ]


def points() -> tuple[Point, ...]:
    """Return sentences that outlets agree on, of several directions and lengths."""
    said = (
        "Seven towns signed the plan for a barrier.",
        ARABIC,
        f"{LONG_WORD} was there. " + "It was said again and again. " * 12,
    )
    return tuple(
        Point(text=text, outlet=LONG_WORD, url="https://b.example/report", others=3)
        for text in said
    )


def mention(outlet: str, title: str, relation: Relation = Relation.COVERAGE) -> Mention:
    """Return a report of an outlet."""
    return Mention(
        outlet=outlet,
        title=title,
        url="https://b.example/report",
        feed_url=f"https://b.example/{outlet[:20]}",
        relation=relation,
    )


def story(  # noqa: PLR0913 - keyword-only, each a field of a publication
    number: int,
    at: datetime,
    *,
    title: str,
    summary: str = "",
    url: str = "https://a.example/story",
    outlet: str = "The Outlet",
    language: str = "",
    categories: tuple[str, ...] = (),
    mentions: tuple[Mention, ...] = (),
) -> Publication:
    """Return a story with these texts, published in the order of the numbers."""
    return Publication(
        digest="odd",
        number=number,
        id=f"tag:odd,2026:{number}",
        story_id=f"odd-{number}",
        title=title,
        url=url,
        html="",
        summary=summary,
        source=Mention(outlet=outlet, title=title, url=url, feed_url="https://a.example/feed"),
        mentions=mentions,
        published_at=at + timedelta(seconds=number - 600),
        updated_at=at,
        categories=categories,
        language=language,
    )
