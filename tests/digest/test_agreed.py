from __future__ import annotations

from aggregator.digest import agreed
from aggregator.model import Member, Relation, Story
from tests.digest.makers import member, publish, story

SIGNED = "Seven harbour towns signed the plan for a tidal barrier on Monday."
SIGNED_TOO = "On Monday the seven towns signed a plan to build a barrier against tides."
AGREED = "A plan for the tidal barrier was signed by seven harbour towns."
COST = "The barrier will cost 90 million crowns and take four years to build."
COST_TOO = "Building it takes four years, and the cost is put at 90 million crowns."
START = "Work begins in spring, when the survey of the harbour floor is done."
START_TOO = "After the survey of the harbour floor is done, work begins in spring."
ASIDE = "Anglers of the southern bay fear for their moorings and want to be heard."


def told(outlet: str, number: int, *texts: str, relation: Relation = Relation.COVERAGE) -> Member:
    content = "".join(f"<p>{text}</p>" for text in texts)
    return member(outlet, number, relation, title=f"Headline of {outlet}", content=content)


def gathered() -> Story:
    return story(
        told("a", 1, ASIDE, SIGNED, relation=Relation.LEAD),
        told("b", 2, SIGNED_TOO, COST),
        told("c", 3, AGREED, COST_TOO),
    )


def test_what_outlets_agree_on_is_told_in_their_own_words() -> None:
    found = agreed.points(gathered())

    texts = {SIGNED, SIGNED_TOO, AGREED, COST, COST_TOO}
    assert agreed.LEAST_POINTS <= len(found) <= agreed.MOST_POINTS
    assert {point.text for point in found} <= texts
    assert any(point.text in {COST, COST_TOO} for point in found)


def test_each_sentence_names_its_outlet_and_how_many_say_it_too() -> None:
    by_text = {point.text: point for point in agreed.points(gathered())}
    first = next(by_text[text] for text in (SIGNED, SIGNED_TOO, AGREED) if text in by_text)

    outlet = {SIGNED: "Outlet a", SIGNED_TOO: "Outlet b", AGREED: "Outlet c"}[first.text]
    assert first.outlet == outlet
    assert first.url.startswith(f"https://{outlet[-1]}.example/")
    assert first.others == 2


def test_the_same_thing_is_not_said_twice() -> None:
    texts = [point.text for point in agreed.points(gathered())]

    assert len([text for text in texts if text in {SIGNED, SIGNED_TOO, AGREED}]) == 1


def test_what_one_outlet_says_alone_is_left_out() -> None:
    assert ASIDE not in {point.text for point in agreed.points(gathered())}


def test_one_sentence_alone_is_no_summary() -> None:
    lead = told("a", 1, SIGNED, relation=Relation.LEAD)

    assert agreed.points(story(lead, told("b", 2, SIGNED_TOO))) == ()


def test_a_copy_agrees_with_nobody() -> None:
    copied = story(
        told("a", 1, SIGNED, relation=Relation.LEAD), told("b", 2, SIGNED, relation=Relation.COPY)
    )

    assert agreed.points(copied) == ()


def quoted(lead: Member, other: Member) -> set[str]:
    """Return what is quoted of two outlets that agree on cost and start besides."""
    return {point.text for point in agreed.points(story(lead, other))}


def test_one_verbatim_repeat_proves_nothing() -> None:
    lead = told("a", 1, SIGNED, COST, START, relation=Relation.LEAD)

    found = quoted(lead, told("b", 2, SIGNED, COST_TOO, START_TOO))

    assert found
    assert SIGNED not in found


def test_what_the_title_says_is_not_repeated() -> None:
    lead = member("a", 1, title=SIGNED, content=f"<p>{SIGNED} {COST} {START}</p>")

    found = quoted(lead, told("b", 2, SIGNED_TOO, COST_TOO, START_TOO))

    assert found
    assert found.isdisjoint({SIGNED, SIGNED_TOO})


def test_headings_and_labels_are_no_sentences() -> None:
    label = "Seven harbour towns signed the plan for a tidal barrier"
    spoken = story(told("a", 1, label, relation=Relation.LEAD), told("b", 2, SIGNED_TOO))

    assert label not in {point.text for point in agreed.points(spoken)}


def test_a_story_of_one_outlet_has_none() -> None:
    assert agreed.points(story(told("a", 1, SIGNED, COST, relation=Relation.LEAD))) == ()


def test_it_stands_in_the_digests_entry() -> None:
    made = publish(gathered())

    assert made.points == agreed.points(gathered())
    assert "What outlets agree on" in made.html
    for point in made.points:
        assert f"<q>{point.text}</q>" in made.html
        assert point.url in made.html
