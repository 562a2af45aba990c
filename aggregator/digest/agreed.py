"""What the outlets of a story agree on: sentences of theirs, word for word, each with its outlet.

Nothing is put into other words. A sentence stands for what others say too, in words of their own.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.digest.sentences import is_whole, sentences
from aggregator.digest.words import text_words, title_words, word_count
from aggregator.model import Point, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aggregator.model import Member, Story

MOST_POINTS = 3
LEAST_POINTS = 2  # one alone, out of its text, says less than the lead's own summary
_MOST_SENTENCES = 12  # of one outlet; the news stands at the head of a text
_MOST_OUTLETS = 8  # every sentence is held against every one of the others
_WORDS = range(6, 46)  # in fewer nothing is said, and more are no summary
# Shares of a sentence's weight. Half of it in one sentence of another outlet is the same statement
# told again; nine tenths is the same sentence, which says less: one may have it from the other.
_AGREES = 0.5
_SAME = 0.9
_REPEAT_SHARE = 0.25
_LEAST_SHARED = 3  # words; in fewer nothing is said
_SAID_ALREADY = 0.5  # by the title, or by a sentence that was taken


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    words: frozenset[str]
    place: int
    member: Member


@dataclass(frozen=True, slots=True)
class _Rated:
    sentence: _Sentence
    agreement: float
    others: int  # how many other outlets say it

    @property
    def place(self) -> int:
        return self.sentence.place


def points(story: Story) -> tuple[Point, ...]:
    """Return two or three sentences that most outlets agree on, the most agreed first.

    Copies agree with nobody but themselves and are left out. Empty where the story has no coverage
    or nothing is said by two outlets.
    """
    speakers = _speakers(story.members)
    if len(speakers) == 1:  # most stories
        return ()
    told = list(map(_of_member, speakers))
    weights = _weights(sentence for spoken in told for sentence in spoken)
    rated = sorted(_rated(told, weights), key=lambda each: each.place)
    rated.sort(key=lambda each: -each.agreement)
    chosen = tuple(_chosen(rated, story, weights))
    return chosen if len(chosen) >= LEAST_POINTS else ()


def _speakers(members: Iterable[Member]) -> list[Member]:
    """Return one member of each outlet that reports for itself, the lead first."""
    speakers: dict[str, Member] = {}
    for member in members:
        if member.relation is not Relation.COPY:
            speakers.setdefault(member.outlet, member)
    return list(speakers.values())[:_MOST_OUTLETS]


def _of_member(member: Member) -> list[_Sentence]:
    entry = member.entry
    texts = sentences(entry.content) or sentences(entry.summary)
    return [
        _Sentence(text, text_words(text), place, member)
        for place, text in enumerate(texts[:_MOST_SENTENCES])
        if is_whole(text) and word_count(text) in _WORDS
    ]


def _weights(spoken: Iterable[_Sentence]) -> dict[str, int]:
    """Return how much each word tells: those in most sentences are of the language.

    In whole numbers, whose sums are the same in whatever order a set gives its words.
    """
    found = list(spoken)
    seen = Counter(word for sentence in found for word in sentence.words)
    return {word: round(1000 * math.log1p(len(found) / count)) for word, count in seen.items()}


def _rated(told: Sequence[Sequence[_Sentence]], weights: Mapping[str, int]) -> Iterator[_Rated]:
    """Yield the sentences on which outlets agree enough, of each outlet in turn."""
    whole = [frozenset(word for one in spoken for word in one.words) for spoken in told]
    for number, spoken in enumerate(told):
        for one in spoken:
            # All of an outlet's words are looked at first: few sentences need the closer look.
            near = [
                other
                for place, other in enumerate(told)
                if place != number and _share(one.words, whole[place], weights) >= _AGREES
            ]
            shares = [_best_share(one, other, weights) for other in near]
            agreeing = [share for share in shares if share >= _AGREES]
            agreement = sum(_REPEAT_SHARE if share >= _SAME else share for share in agreeing)
            if agreement >= _AGREES:
                yield _Rated(one, agreement, len(agreeing))


def _best_share(one: _Sentence, spoken: Iterable[_Sentence], weights: Mapping[str, int]) -> float:
    return max((_share(one.words, other.words, weights) for other in spoken), default=0.0)


def _share(words: frozenset[str], others: frozenset[str], weights: Mapping[str, int]) -> float:
    """Return the share of some words' weight that others hold too."""
    held = words & others
    if len(held) < _LEAST_SHARED:
        return 0.0
    return sum(map(weights.__getitem__, held)) / sum(map(weights.__getitem__, words))


def _chosen(rated: Iterable[_Rated], story: Story, weights: Mapping[str, int]) -> Iterator[Point]:
    """Yield the first of these that say what neither the title nor one before them says."""
    said = [frozenset(title_words(story.lead.entry.title))]
    for each in rated:
        one = each.sentence
        if any(_share(one.words, words, weights) >= _SAID_ALREADY for words in said):
            continue
        said.append(one.words)
        member = one.member
        yield Point(text=one.text, outlet=member.outlet, url=member.entry.url, others=each.others)
        if len(said) > MOST_POINTS:
            return
