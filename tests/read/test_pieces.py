"""What of a piece may be cut by itself: beginnings and endings that are no part of a statement."""

from __future__ import annotations

import pytest

from aggregator.read.pieces import pieces_of


def heads(source: str) -> list[str]:
    return [end.text for end in pieces_of(source, title="")[0].heads()]


def tails(source: str) -> list[str]:
    return [end.text for end in pieces_of(source, title="")[-1].tails()]


@pytest.mark.parametrize(
    ("text", "plea"),
    [
        ("The mill burned Read more at the Calder Gazette", "Read more at the Calder Gazette"),
        ("Die Mühle brannte Mehr lesen Sie im Celler Boten", "Mehr lesen Sie im Celler Boten"),
        ("The mill (of 1910) is gone — Read more at the Gazette", "— Read more at the Gazette"),
        ("The mill burned <a>Read on…</a>", "Read on…"),
    ],
)
def test_an_ending_beside_a_statement_may_go(text: str, plea: str) -> None:
    assert plea in tails(f"<p>{text}</p>")


@pytest.mark.parametrize(
    "text",
    [
        "The index fell by 2 percent against the level of last year",
        "Der Feinstaub stieg auf 17 Mikrogramm pro Kubikmeter Stadtluft",
        "Der Preis fiel um 17 % Gegenüber dem gleichen im vorigen jahr",
        "Tessel won in the second round of the cup of the county",
        "Der Verein erreichte die Runde der besten Mannschaften Europas.",
        "Fire. Read more at the Calder Gazette",
        "The mill burned Read it here",
    ],
    ids=["unit", "noun", "sign", "small letter", "full stop", "few words", "short"],
)
def test_an_ending_of_a_statement_stays(text: str) -> None:
    assert tails(f"<p>{text}</p>") == []


def test_a_beginning_beside_a_statement_may_go() -> None:
    text = "MARLOW, Gazette News Agency — the mill burned down"

    assert "MARLOW, Gazette News Agency —" in heads(f"<p>{text}</p>")


@pytest.mark.parametrize(
    "text",
    [
        "The level of fine dust stands at 17 micrograms",
        "Die Messstelle am Hafen meldet -17 Grad am Morgen",
        "The county council of Marlow decided on new hens",
        "The Marlow County Council meets here",
        "Reports: the mill burned down",
    ],
    ids=["number", "number with a sign", "small letter", "few words", "short"],
)
def test_a_beginning_of_a_statement_stays(text: str) -> None:
    assert heads(f"<p>{text}</p>") == []


@pytest.mark.parametrize(
    ("source", "has"),
    [
        ("<p>The post appeared first on <a>Gazette</a>.</p>", True),
        ("<p>All of it stands at https://gazette.example/a now.</p>", True),
        ("<p>The mill burned down.</p>", False),
    ],
    ids=["link", "address", "text"],
)
def test_a_sentence_with_a_link_is_told_apart(source: str, has: bool) -> None:  # noqa: FBT001
    assert pieces_of(source, title="")[0].has_link is has


def test_a_link_beside_a_sentence_is_not_in_it() -> None:
    first, link, last = pieces_of(
        "<p>The mill burned down. <a>Read on at the Gazette.</a> The roof is gone.</p>", title=""
    )

    assert [piece.has_link for piece in (first, link, last)] == [False, True, False]
