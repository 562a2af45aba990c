"""What a feed's history says of its ids: which "new" entry is one that is kept under another key.

Evidence only, never a guess: the same words at the same link are the same entry; the same words at
another link are, where the moment of publication is the same, the old one went as the new one came,
or many did so at once. Words that truly differ are another entry, whatever their title and link
say. Pure: rows come in, pairs go out.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from aggregator.model import Entry, IdScheme
from aggregator.read.identity import plain_link, telling_guid, words_of
from aggregator.read.tokens import skeleton

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MANY = 3  # entries that stand for the whole feed, if they are half of what it brought as new
ALIKE = 0.5  # of the words two texts share: an edit, no other story; unrelated ones share 0.1-0.3
NEARLY = 0.85  # an edit that touched a few words
MIN_WORDS = 20  # a text with less says too little to be compared
MOST_CHARS = 20_000  # of a text are compared
REDATED = timedelta(hours=1)  # an outlet that edits keeps the date, or moves it by minutes
MARKS_NEEDED = 2  # of guid, link and words

_TAG: Final = re.compile(r"<[^<>]*>")
_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")  # CJK by the sign
_NUMBER: Final = re.compile(r"\d+")


class Place(Enum):
    """Where a kept entry stands, next to the body that is taken in."""

    HERE = "in the body"
    VANISHED = "in the last body, not in this one"
    LEFT = "in neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A kept entry of the feed."""

    entry_id: int
    entry: Entry
    place: Place
    words: bytes  # `identity.words_of` of the entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An entry that counts as new, and the kept one that it is."""

    new: Entry
    kept: Kept

    @property
    def same_link(self) -> bool:
        """Return whether both have the same link, http and https the same."""
        link = plain_link(self.new.url)
        return bool(link) and link == plain_link(self.kept.entry.url)

    @property
    def same_guid(self) -> bool:
        """Return whether both have the same guid, and one that says something."""
        guid = telling_guid(self.new.guid)
        return bool(guid) and guid == telling_guid(self.kept.entry.guid)

    @property
    def same_but_tokens(self) -> bool:
        """Return whether the links differ in tokens alone, or there are none."""
        return skeleton(self.new.url) == skeleton(self.kept.entry.url)

    @property
    def same_moment(self) -> bool:
        """Return whether both were published at the same moment."""
        at = self.new.published_at
        return at is not None and at == self.kept.entry.published_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """The pairs, and whether they are so many that the feed itself has changed its ids."""

    pairs: tuple[Pair, ...]
    is_of_feed: bool
    by_link: bool  # whether links are the same in every pair


def recognise(new: Sequence[Entry], kept: Sequence[Kept], *, item_count: int) -> Renaming:
    """Return which of the entries that count as new by their keys are kept ones.

    `kept` are the feed's entries with the same words or the same link as any of them.
    """
    found = _Matching(new, kept)
    found.take(lambda pair: pair.same_link or pair.same_guid)
    found.take(lambda pair: found.is_single(pair) and _is_sure(pair))
    if found.are_many():
        found.take(lambda pair: pair.same_but_tokens)
        found.take(found.is_single)
    found.take_edited()
    pairs = tuple(found.pairs)
    return Renaming(
        pairs=pairs,
        is_of_feed=bool(pairs) and 2 * len(pairs) >= item_count,
        by_link=all(pair.same_link for pair in pairs),
    )


class _Matching:
    """Pairs found so far. Each entry is in one pair at most."""

    def __init__(self, new: Sequence[Entry], kept: Sequence[Kept]) -> None:
        self.pairs: list[Pair] = []
        self._left = {one.key: one for one in new}
        self._new_count = len(new)
        self._marks = {one.key: words_of(one) for one in new}
        self._new_of = Counter(self._marks.values())
        self._kept_of = Counter(one.words for one in kept)
        self._free = {one.entry_id: one for one in kept if one.place is not Place.HERE}
        self._linked = Counter(plain_link(one.entry.url) for one in kept)
        self._new_linked = Counter(plain_link(one.url) for one in new)

    def take(self, is_pair: Callable[[Pair], bool]) -> None:
        """Pair what says the same words, where the rule allows it."""
        by_mark: defaultdict[bytes, list[Kept]] = defaultdict(list)
        for one in self._free.values():
            by_mark[one.words].append(one)
        for key, new in list(self._left.items()):
            pairs = (Pair(new=new, kept=one) for one in by_mark[self._marks[key]])
            self._keep_first(pair for pair in pairs if self._is_free(pair) and is_pair(pair))

    def take_edited(self) -> None:
        """Pair what stands at the link of one that vanished and is an edit of it."""
        by_link = {
            plain_link(one.entry.url): one
            for one in self._free.values()
            if one.place is Place.VANISHED
        }
        for new in list(self._left.values()):
            link = plain_link(new.url)
            if link and link in by_link and self._linked[link] == self._new_linked[link] == 1:
                pair = Pair(new=new, kept=by_link[link])
                self._keep_first([pair] if _is_edit(pair) else [])

    def is_single(self, pair: Pair) -> bool:
        """Return whether nothing else of the feed says the same words."""
        mark = pair.kept.words
        return self._kept_of[mark] == self._new_of[mark] == 1

    def are_many(self) -> bool:
        """Return whether so many entries say what kept ones say that it is no chance."""
        again = len(self.pairs) + sum(
            self._new_of[one.words] == self._kept_of[one.words] == 1 for one in self._free.values()
        )
        return again >= MANY and 2 * again >= self._new_count

    def _is_free(self, pair: Pair) -> bool:
        return pair.kept.entry_id in self._free

    def _keep_first(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            self.pairs.append(pair)
            del self._left[pair.new.key], self._free[pair.kept.entry_id]
            return


def _is_sure(pair: Pair) -> bool:
    """Return whether the same words are the same entry though guid and link differ.

    A text that no other would repeat tells, with the moment of publication. Without either, the old
    one has to have gone as the new one came, and links may differ in tokens alone.
    """
    if _is_telling(pair.new) and pair.same_moment:
        return True
    if not pair.same_but_tokens:
        return False
    if pair.kept.place is Place.VANISHED:
        return True
    return _is_telling(pair.new) and not _is_redated(pair.new, pair.kept.entry)


def _is_edit(pair: Pair) -> bool:
    new, old = pair.new, pair.kept.entry
    titles = likeness(new.title, old.title)
    if pair.same_moment and titles >= ALIKE:
        return True
    texts = text_likeness(new, old)
    return titles >= ALIKE and texts is not None and texts >= NEARLY and _same_numbers(new, old)


def is_another(new: Entry, old: Entry) -> bool:
    """Return whether an entry that came under the guid of a kept one is another story.

    At the same link it is an edit, always. Elsewhere title or text have to be alike.
    """
    pair = Pair(new=new, kept=Kept(entry_id=0, entry=old, place=Place.HERE, words=b""))
    if pair.same_link:
        return False
    return not _is_same_story(new, old)


def is_another_at_link(new: Entry, old: Entry) -> bool:
    """Return whether an entry at the link of a kept one, where links are ids, is another story."""
    texts = text_likeness(new, old)
    return likeness(new.title, old.title) < ALIKE and (texts is None or texts < ALIKE)


def _is_same_story(new: Entry, old: Entry) -> bool:
    titles, texts = likeness(new.title, old.title), text_likeness(new, old)
    if _is_redated(new, old) or _numbers(new.title) != _numbers(old.title):
        return texts is not None and texts >= NEARLY
    return titles >= ALIKE or (texts is not None and texts >= ALIKE)


def is_older(new: Entry, old: Entry) -> bool:
    """Return whether a version of an entry is older than the kept one: a stale copy of the feed."""
    if new.updated_at is None or old.updated_at is None:
        return False
    return new.updated_at < old.updated_at


def likeness(one: str, other: str) -> float:
    """Return how much of their words two texts share, from 0 to 1; two empty ones share all."""
    ours, theirs = _words(one), _words(other)
    if not (ours or theirs):
        return 1.0
    shared = (ours & theirs).total()
    return 2 * shared / (ours.total() + theirs.total())


def text_likeness(one: Entry, other: Entry) -> float | None:
    """Return how alike two entries' texts are, None where one of them says too little."""
    if not (_is_telling(one) and _is_telling(other)):
        return None
    return likeness(_text(one), _text(other))


def _is_telling(entry: Entry) -> bool:
    return _words(_text(entry)).total() >= MIN_WORDS


def _text(entry: Entry) -> str:
    return _TAG.sub(" ", entry.content[:MOST_CHARS])


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def _numbers(text: str) -> list[str]:
    return sorted(_NUMBER.findall(text))


def _same_numbers(one: Entry, other: Entry) -> bool:
    texts = (f"{entry.title} {_text(entry)}" for entry in (one, other))
    first, second = map(_numbers, texts)
    return first == second


def _is_redated(new: Entry, old: Entry) -> bool:
    if new.published_at is None or old.published_at is None:
        return False
    return abs(new.published_at - old.published_at) > REDATED


def buried(
    new: Sequence[Entry],
    *,
    marks_met: Callable[[Entry], tuple[bool, bool, bool, bool]],
    scheme: IdScheme,
    changes_ids: bool,
) -> frozenset[str]:
    """Return the keys of the entries that were kept once and pruned, under whatever key.

    `marks_met` tells of an entry whether its guid, its link, its words and its words with the
    moment of publication were buried. The last is enough for a text that no other would repeat;
    where the feed is known to have changed its ids, so are the words of an entry without a date.
    """
    met = {one.key: marks_met(one) for one in new}
    by_words = frozenset(key for key, (_, _, words, _) in met.items() if words)
    if scheme is IdScheme.TEXT:
        return by_words
    if len(by_words) >= MANY and 2 * len(by_words) >= len(new):
        return by_words
    by_link = (key for key, (_, link, *_) in met.items() if link and scheme is IdScheme.LINK)
    by_two = (key for key, marks in met.items() if sum(marks[:3]) >= MARKS_NEEDED)
    undated = {one.key for one in new if changes_ids and one.published_at is None}
    said = (one for one in new if met[one.key][3] or one.key in by_words & undated)
    by_said = (one.key for one in said if _is_telling(one))
    return frozenset((*by_link, *by_two, *by_said))
