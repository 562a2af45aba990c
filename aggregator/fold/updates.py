"""The updates that folding gives, made of what an entry was matched with. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.fold import coverage, reasons
from aggregator.fold.compare import why_covers
from aggregator.model import Joined, Merged, Relation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.fold.compare import Newcomer
    from aggregator.fold.grouping import Bond, Partner
    from aggregator.fold.window import Kept
    from aggregator.model import Follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A kept entry that a new one is matched with."""

    kept: Kept
    reason: str
    score: float


def copied_from(new: Newcomer, match: Match) -> Joined:
    """Return the join of the story that holds a copy."""
    return Joined(
        story_id=match.kept.story_id,
        entry_id=new.kept.entry_id,
        relation=Relation.COPY,
        reason=match.reason,
        score=match.score,
        witness_id=match.kept.entry_id,
    )


def covers(
    new: Newcomer, best: Partner, *, story_id: str, follows: tuple[Follows, ...] = ()
) -> Joined:
    """Return the join of a story that the entry covers too, by its likeliest member."""
    return Joined(
        story_id=story_id,
        entry_id=new.kept.entry_id,
        relation=Relation.COVERAGE,
        reason=why_covers(new, best.kept, best.likeness),
        score=coverage.probability(best.odds),
        witness_id=best.kept.entry_id,
        follows=follows,
    )


def merged(kept_id: str, match: Match, *, lead_id: int) -> Merged:
    """Return the merge of a story that holds a copy too; `lead_id` is that story's first entry."""
    return Merged(
        kept_id=kept_id,
        absorbed_id=match.kept.story_id,
        relation=Relation.COPY if match.kept.entry_id == lead_id else Relation.COVERAGE,
        reason=match.reason,
        score=match.score,
    )


def tie(kept_id: str, joined_id: str, tied: Mapping[str, Bond]) -> tuple[Merged, ...]:
    """Return the merges that make the joined story and those tied to it the oldest of them."""
    if not tied:
        return ()
    first = next(iter(tied.values()))
    bonds = {joined_id: tied.get(kept_id, first), **tied}
    return tuple(
        Merged(
            kept_id=kept_id,
            absorbed_id=absorbed_id,
            relation=Relation.COVERAGE,
            reason=reasons.one_event(why_tied(bond)),
            score=coverage.probability(bond.average),
        )
        for absorbed_id, bond in bonds.items()
        if absorbed_id != kept_id
    )


def why_tied(bond: Bond) -> str:
    """Return the reason of two stories that are on one event: that of the likeliest pair."""
    return why_covers(bond.one, bond.other.kept, bond.other.likeness)
