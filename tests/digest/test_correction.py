from __future__ import annotations

from aggregator.model import Correction, Member, Publication, Relation
from tests.digest.makers import HOUR, NOW, member, publish, story

OLD = "<p>Seven towns signed the plan on Monday. Work starts in spring. Nine boats were lost.</p>"
NEW = (
    "<p>Seven towns signed the plan on Monday. Work starts in autumn next year, the port"
    " authority said. Nine boats were lost.</p>"
)


def lead(*, title: str = "Towns sign", content: str = OLD) -> Member:
    return member("a", 1, title=title, content=content)


def corrected(before: Member, after: Member) -> tuple[Publication, Publication]:
    first = publish(story(before))
    return first, publish(story(after), first, now=NOW + HOUR)


def test_nothing_is_said_while_nothing_was_corrected() -> None:
    first, again = corrected(lead(content=OLD), lead(content=OLD))

    assert first.correction is None
    assert again == first


def test_what_is_new_in_the_text_is_said() -> None:
    first, again = corrected(lead(content=OLD), lead(content=NEW))

    assert again.updated_at == NOW + HOUR > first.updated_at
    assert again.correction
    assert again.correction.at == NOW + HOUR
    assert again.correction.former_title == ""
    assert again.correction.added == ("Work starts in autumn next year, the port authority said.",)
    assert again.correction.removed == 1
    assert again.html.startswith("<p><small>Corrected 25 Nov 2026, 08:00 UTC.")
    assert "<q>Work starts in autumn next year, the port authority said.</q>" in again.html
    assert "1 sentence is gone." in again.html


def test_another_number_is_another_sentence() -> None:
    said = "<p>The storm killed {} people in the towns along the northern coast on Monday.</p>"
    before, after = (lead(content=said.format(n), title=f"Storm kills {n}") for n in (12, 15))

    _, again = corrected(before, after)

    assert again.correction
    assert "15 people" in again.correction.added[0]
    assert again.correction.former_title == "Storm kills 12"


def test_a_new_title_names_the_former_one() -> None:
    first, again = corrected(lead(title="Nine lost at sea"), lead(title="Eight lost at sea"))

    assert again.correction == Correction(at=NOW + HOUR, former_title="Nine lost at sea")
    assert "The title was <q>Nine lost at sea</q>." in again.html
    assert again.id == first.id


def test_the_note_stays_when_coverage_joins() -> None:
    _, again = corrected(lead(title="Nine lost at sea"), lead(title="Eight lost at sea"))
    joined = story(lead(title="Eight lost at sea"), member("b", 2, Relation.COVERAGE))

    later = publish(joined, again, now=NOW + 2 * HOUR)

    assert later.correction == again.correction
    assert later.updated_at == again.updated_at


def test_a_second_correction_is_told_against_the_first() -> None:
    """The note above the text and the coverage below it are none of the lead's words."""
    other = member("b", 2, Relation.COVERAGE, title="Something else that is said here.")
    first = publish(story(lead(content=OLD), other))
    second = publish(story(lead(content=NEW), other), first, now=NOW + HOUR)
    third = publish(story(lead(content=OLD), other), second, now=NOW + 2 * HOUR)

    assert third.correction
    assert third.correction.added == ("Work starts in spring.",)
    assert third.correction.removed == 1


def test_what_is_quoted_is_escaped_text() -> None:
    _, told = corrected(lead(title="<script>x</script>"), lead(title="Mended"))

    assert told.correction
    assert told.correction.former_title == "<script>x</script>"
    assert "<script>" not in told.html
