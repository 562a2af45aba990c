from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read.wellformed import is_well_formed, mended

MENDED = {
    "stray ampersand": ("<a>R&D & b</a>", "<a>R&amp;D &amp; b</a>"),
    "html entity": ("<a>&nbsp;&eacute;&LT;</a>", "<a>\u00a0é&lt;</a>"),
    "unknown entity": ("<a>&nonesuch;</a>", "<a>&amp;nonesuch;</a>"),
    "unescaped query": ("<a b='?x=1&y=2'/>", "<a b='?x=1&amp;y=2'/>"),
    "reference to a control": ("<a>b&#11;&#x1F;&#xFFFE;c</a>", "<a>bc</a>"),
    "reference beyond Unicode": ("<a>b&#x110000;c</a>", "<a>bc</a>"),
    "reference of 5,000 digits": (f"<a>b&#{'9' * 5_000};c</a>", "<a>bc</a>"),
    "reference with 5,000 zeros": (
        f"<a>&#{'0' * 5_000}65;&</a>",
        f"<a>&#{'0' * 5_000}65;&amp;</a>",
    ),
    "undeclared prefix": (
        "<a><dc:date>x</dc:date></a>",
        '<a xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:date>x</dc:date></a>',
    ),
    "unknown undeclared prefix": ("<a x:y='1'/>", "<a xmlns:x=\"urn:undeclared:x\" x:y='1'/>"),
    "cdata stays as it is": (
        "<a>&<![CDATA[&nbsp; &]]>&</a>",
        "<a>&amp;<![CDATA[&nbsp; &]]>&amp;</a>",
    ),
}


@pytest.mark.parametrize(("broken", "expected"), MENDED.values(), ids=MENDED.keys())
def test_a_common_fault_is_mended(broken: str, expected: str) -> None:
    assert not is_well_formed(broken.encode())

    whole = mended(broken.encode())

    assert whole.decode() == expected
    assert is_well_formed(whole)


WELL_FORMED = [
    "<a>&amp;&lt;&#65;&#x1F600;</a>",
    "<a xmlns:dc='urn:x'><dc:b dc:c='1'/></a>",
    "<a xml:lang='en'><![CDATA[<b:c> & ]]></a>",
]


@pytest.mark.parametrize("document", WELL_FORMED)
def test_what_is_well_formed_is_left_alone(document: str) -> None:
    assert is_well_formed(document.encode())
    assert is_well_formed(mended(document.encode()))


def test_a_well_formed_document_is_not_changed() -> None:
    document = b"<a xmlns:dc='urn:x'>&amp;<dc:b/></a>"

    assert mended(document) == document


def test_an_open_cdata_section_is_no_trap() -> None:
    assert mended(b"<a>& <![CDATA[ & ") == b"<a>&amp; <![CDATA[ &amp; "


def test_absurdly_many_prefixes_are_not_declared() -> None:
    document = b"<a>" + b"".join(b"<p%d:x/>" % n for n in range(60)) + b"</a>"

    assert mended(document) == document


@given(st.binary(max_size=100))
def test_any_bytes_can_be_mended_and_judged(document: bytes) -> None:
    assert is_well_formed(mended(document)) in {True, False}
