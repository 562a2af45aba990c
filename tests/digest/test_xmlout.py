"""XML as text: the same as a tree of the standard library would be written."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import xmlout

TEXT = st.text(max_size=20) | st.sampled_from(["\"&'<>", "&amp;", "\r\n\t", " ", "é\u00a0\u2028"])


@given(TEXT, TEXT)
def test_a_leaf_is_what_the_standard_library_writes(text: str, value: str) -> None:
    element = ET.Element("a", {"b": value} if value else {})
    element.text = text or None

    assert xmlout.leaf("a", text, b=value) == ET.tostring(element, encoding="unicode")


@given(TEXT, TEXT)
def test_branches_are_indented_as_the_standard_library_does(text: str, value: str) -> None:
    root = ET.Element("root", {"xml:lang": "en"})
    inner = ET.SubElement(root, "inner")
    ET.SubElement(inner, "leaf", {"b": value or "x"}).text = text or None
    ET.SubElement(root, "empty")
    ET.indent(root, " ")

    leaf = xmlout.leaf("leaf", text, b=value or "x")
    children = (xmlout.branch("inner", (leaf,), depth=1), xmlout.leaf("empty"))
    made = xmlout.branch("root", children, depth=0, xml_lang="en")

    assert made == ET.tostring(root, encoding="unicode")


def test_attributes_that_say_nothing_are_left_out() -> None:
    assert xmlout.leaf("link", rel="self", title="") == '<link rel="self" />'


def test_a_document_begins_with_its_prolog() -> None:
    made = xmlout.to_bytes("<é />", stylesheet="feed.css")

    assert made.decode().splitlines() == [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<?xml-stylesheet type="text/css" href="feed.css"?>',
        "<é />",
    ]
