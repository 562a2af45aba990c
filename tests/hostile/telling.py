"""Rounds as text: a summary for a terminal, JSON for programs, the page docs/SECURITY-TESTS.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.hostile.judging import REFUSED, TAKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.hostile.ground import Case
    from tests.hostile.judging import Met
    from tests.hostile.passes import Told
    from tests.hostile.rounds import Round

PORTS = re.compile(r"(127\.0\.0\.1|localhost|2130706433|\]):[0-9]{4,5}")
RUNS = re.compile(r"[?&]run=\w+")
PLACES = re.compile(r"/(?:tmp|var)/\S*")
LONGEST = 160  # characters of a message in the table


def summary(cases: Sequence[Case], each: Round, *, number: int) -> str:
    """Return a line for each fault and one for the round."""
    wrong = [(name, fault) for name, faults in each.faults.items() for fault in faults]
    good = sum(not each.faults[case.name] for case in cases)
    lines = [f"  {name or '(round)'}: {fault}" for name, fault in wrong]
    seconds = ", ".join(f"{spent:.0f}" for spent in each.seconds)
    first = (
        f"round {number}: {good} of {len(cases)} cases came out as they must; "
        f"good feeds {each.delay_s:+.2f} s (p99), main process "
        f"{each.growth_bytes / 2**20:+.1f} MB, passes {seconds} s"
    )
    return "\n".join([first, *lines, ""])


def as_json(each: Round) -> dict[str, object]:
    """Return a round for programs."""
    return {
        "is_sound": each.is_sound,
        "faults": {name: faults for name, faults in each.faults.items() if faults},
        "delay_s": round(each.delay_s, 3),
        "growth_bytes": each.growth_bytes,
        "seconds": [round(spent, 1) for spent in each.seconds],
        "cases": {name: _case_as_json(met) for name, met in each.met.items()},
    }


def _case_as_json(met: Met) -> dict[str, object]:
    polls = [told for told in met.polls if told]
    return {
        "outcomes": [told.outcome for told in polls],
        "new": [told.new for told in polls],
        "errors": [told.error for told in polls],
        "seconds": [told.seconds for told in polls],
        "stored": len(met.stored),
    }


def table(cases: Sequence[Case], each: Round) -> str:
    """Return a row for each case."""
    rows = [_row(case, each.met[case.name], each.faults[case.name]) for case in cases]
    head = "| case | what the server does | asked | what Newsfold does | stored |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _row(case: Case, met: Met, faults: Sequence[str]) -> str:
    wanted = case.outcome if case.entries is None else f"{case.outcome}, {case.entries}"
    did = _did([told for told in met.polls if told])
    if faults:
        did = f"**wrong: {_plain('; '.join(faults))}** {did}"
    return f"| `{case.name}` | {_plain(case.note)} | {wanted} | {did} | {len(met.stored)} |"


def _did(polls: Sequence[Told]) -> str:
    """Return what came of the polls, equal ones in a row told once."""
    told = [_one(each) for each in polls]
    if len(set(told)) == 1:
        return told[0]
    return "; ".join(f"{number}. {text}" for number, text in enumerate(told, 1))


def _one(told: Told) -> str:
    if told.outcome in TAKEN:
        return f"takes it: {told.new} new" if told.outcome == "fetched" else "nothing new"
    verb = "refuses it" if told.outcome in REFUSED else told.outcome
    return f"{verb}: {_plain(told.error)}"


def _plain(text: str) -> str:
    """Return a text for a cell, without what differs from run to run."""
    text = PORTS.sub(r"\1:PORT", " ".join(text.split()))
    text = PLACES.sub("PATH", RUNS.sub("", text))
    text = text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def page(cases: Sequence[Case], rounds: Sequence[Round], *, before: str = "") -> str:
    """Return the whole page, with the table of the last round and the figures of all.

    What `before`, the page as it was, says of fuzzing stays.
    """
    last = rounds[-1]
    figures = "\n".join(
        f"| {number} | {sum(not each.faults[case.name] for case in cases)} of {len(cases)} "
        f"| {each.delay_s:.2f} s | {each.growth_bytes / 2**20:.1f} MB | {sum(each.seconds):.0f} s |"
        for number, each in enumerate(rounds, 1)
    )
    kept = FUZZED.search(before)
    return PAGE.format(
        figures=figures,
        table=table(cases, last),
        count=len(cases),
        fuzzed=kept[0] if kept else NEVER_FUZZED,
    )


PAGE = """\
<!-- Written by `tools/hostile.py --write`. Change tests/hostile/telling.py instead. -->
# Security tests

What happens when a server or a document is hostile, tried on the real program. What Newsfold
defends against, and what it leaves to the operator, stands in [SECURITY.md](../SECURITY.md).

## A server that misbehaves on purpose

`tools/hostile.py` runs `newsfold poll --all` over {count} cases of a hostile server and 200 good
feeds, each on a host of its own, in one configuration. A case that must be polled again is, up to
five times. It then checks, for each case: the outcome, its reason, the new entries of each poll and
what is stored in the end; and for the whole round: no request reaches an address that is not
allowed, no secret header follows a redirect, every published file is well-formed and holds nothing
that a browser would run, standard error stays empty, no process stays behind. Good feeds may be
told at most 5 s later (p99) than when they are polled alone, and the main process may hold at most
32 MB more than then.

| round | cases as they must be | good feeds, p99 | main process | all passes |
|---|---|---|---|---|
{figures}

To repeat it, with the hostile server in `../shared/hostile`:

```sh
.venv/bin/python tools/hostile.py --rounds 3 --write     # five minutes or so; writes this page
.venv/bin/python -m pytest tests/hostile                 # one short round
```

`asked` is what the case's author asks for: `ok` (taken, so many entries stored in the end), `error`
(refused with a reason, nothing stored or removed) or `either`.

{table}

## Documents bent out of shape

`tools/fuzz.py` takes feeds of all forms (captured ones where `../shared/corpus` lies beside the
project, and its own), bends them (bytes flipped, cut, spliced, elements doubled and nested, JSON
values swapped, huge numbers, broken encodings, entities, known attacks on HTML), and reads each as
the reading process does, under a time limit. Of each document it checks that the outcome is a
value; that every text is valid Unicode which XML can carry; that addresses are absolute http(s);
that keys are bounded and not empty; that nothing in the content is alive. Of every twentieth, it
also composes and renders the entries: Atom and RSS parse as XML, JSON Feed as JSON, and no HTML, in
feeds or page, holds anything that a browser would run.

```sh
nice .venv/bin/python tools/fuzz.py --count 200000 --seed 1 --write   # ten minutes or so
.venv/bin/python -m pytest tests/fuzz                                 # 5,000 documents
```

A document that fails is kept in `fuzz-failures/` with what is wrong and a smaller one like it;
`--seed N --only NUMBER` makes it again. Hypothesis tries any text in any field, any JSON and any
bytes besides (`tests/fuzz/test_properties.py`).

{fuzzed}
"""
FUZZED = re.compile(r"^The last run by hand: .*$", re.MULTILINE)
NEVER_FUZZED = "The last run by hand: none yet."


def with_fuzzed(text: str, figures: str) -> str:
    """Return the page with these figures of the last run of `tools/fuzz.py`."""
    return FUZZED.sub(lambda _match: f"The last run by hand: {figures}.", text)
