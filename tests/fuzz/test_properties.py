"""What holds of any text in any field, of any JSON and of any bytes at all."""

from __future__ import annotations

import html
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.checks import Checker
from tests.fuzz.nasty import ADDRESSES, TOKENS

CHECKER = Checker()
NASTY = st.sampled_from([token.decode("utf-8", "replace")[:500] for token in (*TOKENS, *ADDRESSES)])
TEXT = st.lists(st.one_of(st.text(max_size=20), NASTY), max_size=4).map("".join)
VALUE = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
JSON = st.recursive(
    VALUE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
ITEM_FIELDS = (
    "id url external_url title content_html content_text summary image banner_image date_published "
    "date_modified author authors tags language attachments"
)
UNHURRIED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def rss(fields: dict[str, str]) -> bytes:
    """Return a feed whose fields hold these texts, escaped as a well-behaved outlet would."""
    told = {name: html.escape(text) for name, text in fields.items()}
    inside = "".join(f"<{name}>{told[name]}</{name}>" for name in ("title", "link", "description"))
    return (
        f'<rss version="2.0"><channel>{inside}<item>{inside}<guid>{told["guid"]}</guid>'
        f"<author>{told['author']}</author><category>{told['author']}</category>"
        f'<enclosure url="{told["link"]}" type="{told["author"]}" length="{told["guid"]}"/>'
        "</item></channel></rss>"
    ).encode("utf-8", "surrogatepass")


@UNHURRIED
@given(
    st.fixed_dictionaries(dict.fromkeys(("title", "link", "description", "guid", "author"), TEXT))
)
def test_any_text_in_any_field_of_xml_comes_out_sound(fields: dict[str, str]) -> None:
    assert CHECKER.check(rss(fields), rendered=True).faults == ()


@UNHURRIED
@given(st.lists(st.dictionaries(st.sampled_from(ITEM_FIELDS.split()), JSON), max_size=3), JSON)
def test_any_value_in_any_field_of_json_comes_out_sound(items: object, other: object) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": other,
        "authors": other,
        "hubs": other,
        "next_url": other,
        "items": items,
    }

    assert CHECKER.check(json.dumps(feed).encode(), rendered=True).faults == ()


@UNHURRIED
@given(JSON)
def test_any_json_is_a_value(value: object) -> None:
    assert CHECKER.check(json.dumps(value).encode(), rendered=True).faults == ()


@UNHURRIED
@given(st.binary(max_size=300), st.sampled_from([b"", b"<rss>", b"<feed>", b"{", b"\x1f\x8b"]))
def test_any_bytes_are_a_value(body: bytes, start: bytes) -> None:
    assert CHECKER.check(start + body, rendered=True).faults == ()
