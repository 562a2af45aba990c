"""Judges what came of a case against what the server's index asks for. Opens nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.hostile.ground import Case
    from tests.hostile.passes import Told

TAKEN = frozenset({"fetched", "not_modified"})
REFUSED = frozenset({"failed", "gone"})
SLACK_S = 5.0  # over a case's time budget: the machine has other work too
SNOWMAN = "Café ☃"
SECRET = "CANARY-SECRET"  # noqa: S105 - what the server plants where nobody may look
LONGEST_PAUSE_DAYS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What came of one case."""

    polls: tuple[Told | None, ...]  # None: the program said nothing of it
    stored: tuple[Mapping[str, Any], ...]  # its entries, as `stories --json` has them
    feed: Mapping[str, Any]  # as `feeds --json` has it; empty where it was not listed


def faults(case: Case, met: Met) -> list[str]:
    """Return what is wrong, in words; nothing where the case came out as it must."""
    polls = [told for told in met.polls if told is not None]
    if len(polls) < case.polls:
        return [f"the program said nothing of it at {case.polls - len(polls)} polls"]
    return [
        *_outcome_faults(case, polls, len(met.stored)),
        *_count_faults(case, polls, len(met.stored)),
        *(fault for told in polls for fault in _fault_of(told, case)),
        *_special_faults(case.name, met),
    ]


def _outcome_faults(case: Case, polls: list[Told], stored: int) -> Iterator[str]:
    outcomes = [told.outcome for told in polls]
    odd = sorted(set(outcomes) - TAKEN - REFUSED)
    if odd:
        yield f"outcome {', '.join(odd)}"
    refused = [outcome in REFUSED for outcome in outcomes]
    if case.outcome == "ok" and any(refused):
        yield f"refused: {next(told.error for told in polls if told.outcome in REFUSED)}"
    if case.outcome == "error" and not any(refused):
        yield "taken for a feed"
    if case.outcome == "error" and case.entries is None and not all(refused):
        yield "taken for a feed at one poll"
    if all(refused) and stored:
        yield f"refused, and yet {stored} entries are stored"


def _count_faults(case: Case, polls: list[Told], stored: int) -> Iterator[str]:
    was_taken = any(told.outcome in TAKEN for told in polls)
    if case.entries is not None and was_taken and stored != case.entries:
        yield f"{stored} entries are stored instead of {case.entries}"
    new = tuple(told.new for told in polls)
    if case.new and new != case.new:
        yield f"new entries at each poll: {list(new)} instead of {list(case.new)}"
    for told in polls:
        if told.outcome in REFUSED and told.new:
            yield f"refused with {told.new} new entries"


def _fault_of(told: Told, case: Case) -> Iterator[str]:
    if told.outcome in REFUSED and not told.error:
        yield "refused without a reason"
    if "fault of Newsfold" in told.error:
        yield told.error
    if told.seconds > case.budget_s + SLACK_S:
        yield f"took {told.seconds:.1f} s of {case.budget_s:.0f} s"


def _special_faults(name: str, met: Met) -> list[str]:
    text = str(met.stored)
    found = [f"{SECRET} was read"] if SECRET in text else []
    judge = SPECIAL.get(name)
    return [*found, *judge(met)] if judge else found


def _has_snowman(met: Met) -> list[str]:
    titles = [entry["title"] for entry in met.stored]
    return [] if titles == [SNOWMAN] else [f"titles {titles} instead of {SNOWMAN!r}"]


def _has_no_markup(met: Met) -> list[str]:
    titles = [entry["title"] for entry in met.stored]
    return [f"title {title!r}" for title in titles if "<" in title]


def _has_not_moved(met: Met) -> list[str]:
    moved_to = met.feed.get("moved_to", "")
    return [f"the feed's address became {moved_to}"] if moved_to else []


def _is_gone(met: Met) -> list[str]:
    condition = met.feed.get("condition", "")
    return [] if condition == "gone" else [f"its condition is {condition!r}, not 'gone'"]


def _waits_in_bounds(met: Met) -> list[str]:
    """Ten years asked for: it must be clear from the dates that they were not given."""
    limit = datetime.now(UTC) + timedelta(days=LONGEST_PAUSE_DAYS)
    ends = (met.feed.get("left_alone_until_at"), met.feed.get("next_poll_at"))
    late = [end for end in ends if end and datetime.fromisoformat(end) > limit]
    return [f"it is left alone until {end}" for end in late]


SPECIAL: Mapping[str, Callable[[Met], list[str]]] = {
    "utf16_no_bom": _has_snowman,
    "bom_and_blank": _has_snowman,
    "utf7": _has_no_markup,
    "redirect_301_portal": _has_not_moved,
    "gone_410": _is_gone,
    "retry_after_10y": _waits_in_bounds,
    "retry_after_garbage": _waits_in_bounds,
}
