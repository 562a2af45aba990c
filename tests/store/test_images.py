from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.store import images
from aggregator.store.images import KeptImage
from tests.store.houses import NOON

if TYPE_CHECKING:
    from tests.store.houses import House

HOUR = timedelta(hours=1)


def kept(name: str, *, size_bytes: int = 100) -> KeptImage:
    return KeptImage(
        url=f"https://a.example/{name}",
        name=f"{name}.webp",
        width=8,
        height=6,
        size_bytes=size_bytes,
    )


def known(house: House) -> set[str]:
    return {one.rpartition("/")[2] for one in images.everything(house.db)}


def test_what_is_saved_comes_back(house: House) -> None:
    one = kept("a")
    failed = KeptImage(url="https://a.example/b", failures=2, error="404", next_try_at=NOON)

    images.save(house.db, [one, failed], now=NOON)

    assert images.everything(house.db) == {one.url: one, failed.url: failed}


def test_a_later_copy_takes_the_place_of_a_failure(house: House) -> None:
    one = kept("a")
    images.save(house.db, [KeptImage(url=one.url, failures=1, error="404")], now=NOON)

    images.save(house.db, [one], now=NOON)

    assert images.everything(house.db) == {one.url: one}


def test_what_no_page_shows_is_forgotten_after_a_while(house: House) -> None:
    used, unused = kept("used"), kept("unused")
    images.save(house.db, [used, unused], now=NOON)

    images.note_use(house.db, [used.url], now=NOON + HOUR, before=NOON + HOUR)

    assert images.forget_unused(house.db, since=NOON + HOUR) == 1
    assert known(house) == {"used"}


def test_use_is_not_noted_again_and_again(house: House) -> None:
    images.save(house.db, [kept("a")], now=NOON)

    images.note_use(house.db, [kept("a").url], now=NOON + HOUR, before=NOON)

    assert images.forget_unused(house.db, since=NOON + HOUR) == 1


def test_the_least_recently_used_are_forgotten_first(house: House) -> None:
    for hours, name in enumerate("abcd"):
        images.save(house.db, [kept(name)], now=NOON + hours * HOUR)

    gone = images.forget_oldest(house.db, limit_bytes=200, but={kept("a").url})

    assert gone == 2
    assert known(house) == {"a", "d"}
    assert images.forget_oldest(house.db, limit_bytes=200, but=()) == 0
