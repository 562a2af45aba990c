"""Five thousand bent documents: nothing comes of any of them but a value, sound in every form."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz import campaign, mutations, seeds
from tests.fuzz.campaign import Tally
from tests.fuzz.checks import Checker

SEED = 20261125
COUNT = 5_000


@pytest.mark.slow
def test_nothing_escapes_but_a_value() -> None:
    tally = Tally()
    for done in campaign.run(SEED, range(COUNT), jobs=2):
        tally.add(done)

    assert tally.findings == {}
    assert tally.documents == COUNT
    assert tally.outcomes["feed"] > COUNT / 2  # most must be bent, not broken


def test_the_documents_to_bend_are_sound() -> None:
    checker = Checker()

    verdicts = [checker.check(body, rendered=True) for body in seeds.OWN]

    assert [(each.outcome, each.faults) for each in verdicts] == [("feed", ())] * len(seeds.OWN)


def test_a_document_is_the_same_whenever_it_is_made() -> None:
    first = [mutations.document(SEED, number) for number in range(50)]

    assert first == [mutations.document(SEED, number) for number in range(50)]
    assert len(set(first)) > 40


def test_a_big_document_is_cut_to_three_entries() -> None:
    item = b"<item><title>x</title></item>"
    body = b"<rss><channel>" + item * 9 + b"</channel></rss>"

    rng = Random("1")  # noqa: S311 - repeatable on purpose

    assert seeds.cut_down(body, rng).count(b"<item>") == 3
