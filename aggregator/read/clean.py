"""Hostile HTML comes in; safe HTML and plain text go out.

An explicit allow-list decides: what is not named here does not pass. Every function is bounded by
the length of what it is given, and none may hand out a character that XML 1.0 forbids.
"""

from __future__ import annotations

import html
import re
from functools import partial
from typing import TYPE_CHECKING, Final

import nh3

from aggregator.read.urls import absolute, leads_nowhere

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CONTENT_CHARS = 1_000_000  # of one entry's HTML; the largest real one seen has 0.4 million
MAX_TITLE_CHARS = 500
MAX_SUMMARY_CHARS = 600
MAX_RAW_LINE_CHARS = 20_000  # read of a title or a name before it is shortened
MANY_TAGS = 1_000  # below this, nesting cannot cost more than a few milliseconds
MAX_DEPTH = 100  # nh3's time is quadratic in depth: 50,000 nested div take 9 s
_BEGINNING_CHARS = 4_000  # enough of the HTML for a summary, nearly always

_TAGS: Final = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "dd", "del"}
    | {"details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4"}
    | {"h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt"}
    | {"ruby", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody"}
    | {"td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr"}
)
# Their text means nothing outside them, or is another document's.
_DROPPED: Final = frozenset(
    {"applet", "audio", "button", "canvas", "embed", "frameset", "head", "iframe", "math"}
    | {"noembed", "noframes", "noscript", "object", "option", "plaintext", "script", "select"}
    | {"style", "svg", "template", "textarea", "title", "video", "xmp"}
)
_ATTRIBUTES: Final = {
    "a": frozenset({"href", "title"}),
    "abbr": frozenset({"title"}),
    "bdo": frozenset({"dir"}),
    "del": frozenset({"datetime"}),
    "img": frozenset({"alt", "height", "src", "title", "width"}),
    "ins": frozenset({"datetime"}),
    "ol": frozenset({"reversed", "start", "type"}),
    "p": frozenset({"dir"}),
    "div": frozenset({"dir"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
    "time": frozenset({"datetime"}),
}
_BLOCK_NAMES: Final = (
    "address|article|aside|blockquote|br|dd|details|div|dl|dt|figcaption|figure|footer|form|h[1-6]"
    "|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_OTHER_NAMES: Final = (
    "a|abbr|acronym|applet|area|audio|b|base|basefont|bdi|bdo|big|body|button|canvas|caption|center"
    "|cite|code|col|colgroup|data|datalist|del|dfn|dialog|dir|em|embed|fieldset|font|frame|frameset"
    "|head|html|i|iframe|img|input|ins|isindex|kbd|label|legend|link|map|mark|marquee|math|menu|meta"
    "|meter|nobr|noembed|noframes|noscript|object|optgroup|option|output|param|picture|plaintext"
    "|progress|q|rp|rt|ruby|s|samp|script|select|slot|small|source|span|strike|strong|style|sub|sup"
    "|svg|template|textarea|time|title|track|tt|u|var|video|wbr|xmp"
)
_KNOWN: Final = rf"(?:{_BLOCK_NAMES}|{_OTHER_NAMES})"

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLOCK: Final = re.compile(rf"<(?=/?(?:{_BLOCK_NAMES})\b)", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")
# "Vec<T>" in a headline is a word; a browser would swallow the "<T>" as an unknown element.
_WORD_IN_BRACKETS: Final = re.compile(
    rf"(?<=\w)<(?!{_KNOWN}\b)(?=[A-Za-z][\w :,*&;.-]{{0,40}}>)", re.IGNORECASE
)
_MARKUP: Final = re.compile(rf"</{_KNOWN}\s*>|<(?:br|hr|p)\s*/?>|<img\s", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_NESTING: Final = re.compile(
    r"<(/?)(?!(?:area|base|br|col|dd|dt|embed|hr|img|input|li|link|meta|option|p|param|source|tbody"
    r"|td|tfoot|th|thead|tr|track|wbr)\b)[A-Za-z]",
    re.IGNORECASE,
)
# What nh3 writes: lower case, double quotes, no bracket inside a value.
_IMAGE: Final = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_ATTRIBUTE: Final = re.compile(r' ([a-z]+)="([^"]*)"')
_LOGIN: Final = re.compile(r'( (?:href|src)="https?://)[^"/?#@]*@')
# No browser runs it inside an https address, but whoever takes the address apart might.
_SCRIPTED: Final = re.compile(
    r' (?:href|src)="[^"]*\b(?:java|vb)\s*script\s*:[^"]*"', re.IGNORECASE
)
_PIXELS: Final = re.compile(r"\d{1,4}")


class Sanitiser:
    """Cleans the HTML of one document; keeps a cleaner for each base address it meets."""

    def __init__(self, base_url: str) -> None:
        """Take the address that relative links are resolved against."""
        self._base_url = absolute(base_url)
        self._cleaners: dict[str, _Cleaner] = {}

    def clean(self, source: str, *, base: str = "", page: str | None = None) -> str:
        """Return `source` as safe HTML with absolute addresses; `base` is its own xml:base.

        Where that is none, a link to a fragment leads to that of `page`, the source's own; with ""
        for no page, nowhere.
        """
        source = xml_characters(source[:MAX_CONTENT_CHARS])
        if "<" not in source and "&" not in source:
            return html.escape(source, quote=False).strip()
        if is_too_deep(source):
            return f"<p>{html.escape(flat_text(source), quote=False)}</p>"
        cleaned = self._cleaner(base).clean(source, page=page)
        if "<img" in cleaned:
            cleaned = _IMAGE.sub(_image, cleaned)
        if "script" in cleaned:
            cleaned = _SCRIPTED.sub("", cleaned)
        if "@" in cleaned:
            cleaned = _LOGIN.sub(r"\1", cleaned)
        return xml_characters(cleaned).strip()

    def _cleaner(self, base: str) -> _Cleaner:
        if base not in self._cleaners:
            resolved = absolute(base, self._base_url) or self._base_url
            self._cleaners[base] = _Cleaner(resolved, is_page=resolved != self._base_url)
        return self._cleaners[base]


class _Cleaner:
    """Cleans HTML whose relative links start from one address, a page's or a feed's."""

    def __init__(self, base: str, *, is_page: bool) -> None:
        self._base = base
        self._plain = _new_cleaner(base)
        found = _ATTRIBUTE.search(self._plain.clean('<a href="#">'))  # as it comes out of it
        self._own = f'="{found[2].removesuffix("#")}' if base and found and not is_page else ""

    def clean(self, source: str, *, page: str | None) -> str:
        """Return safe HTML. A second look is for what was resolved to a feed's address, if any."""
        cleaned = self._plain.clean(source)
        if page is None or not self._own or self._own not in cleaned:
            return cleaned
        return _new_cleaner(self._base, attribute_filter=partial(_onto_page, page)).clean(source)


def _onto_page(page: str, _tag: str, name: str, value: str) -> str | None:
    """Return an attribute's value; of a link to nowhere, the address on its own page if any."""
    if name not in {"href", "src"} or not leads_nowhere(value):
        return value
    _, mark, fragment = value.partition("#")
    return page.partition("#")[0] + mark + fragment if page and name == "href" else None


def _new_cleaner(
    base: str, *, attribute_filter: Callable[[str, str, str], str | None] | None = None
) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute_filter,
        url_schemes={"http", "https"},
        link_rel="noopener nofollow",
        url_relative=("rewrite_with_base", base) if base else "deny",
    )


def _image(match: re.Match[str]) -> str:
    """Return an image without absurd sizes, or nothing for one that shows nothing (a tracker)."""
    attributes = dict(_ATTRIBUTE.findall(match[1]))
    if not attributes.get("src"):
        return ""
    for side in ("width", "height"):
        size = attributes.get(side, "").removesuffix("px")
        if size in {"0", "1"}:
            return ""
        if side in attributes and not _PIXELS.fullmatch(size):
            del attributes[side]
    return "<img" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"


def is_too_deep(source: str) -> bool:
    """Return whether elements nest so deep, or stay open so often, that parsing would be slow."""
    if source.count("<") <= MANY_TAGS:
        return False
    depth = 0
    for match in _NESTING.finditer(source):
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > MAX_DEPTH:
            return True
    return False


def xml_characters(text: str) -> str:
    """Return `text` without the characters that XML 1.0 forbids, lone surrogates among them."""
    return _FORBIDDEN.sub("", text) if _FORBIDDEN.search(text) else text


def escape_text(text: str) -> str:
    """Return a plain text as HTML, its lines kept."""
    escaped = html.escape(xml_characters(text[:MAX_CONTENT_CHARS]).strip(), quote=False)
    return escaped.replace("\r\n", "\n").replace("\n", "<br>\n")


def looks_like_html(text: str) -> bool:
    """Return whether a text that should be plain was written as HTML by mistake."""
    return bool(_MARKUP.search(text))


def flat_text(source: str) -> str:
    """Return the text of any HTML, in linear time, with its white space folded."""
    return folded(html.unescape(_TAG.sub("", _BLOCK.sub(" <", source))))


def folded(text: str) -> str:
    """Return `text` on one line, with single spaces and only XML 1.0's characters."""
    return xml_characters(" ".join(text.split()))


def line(text: str, *, plain: bool = False, limit: int = MAX_TITLE_CHARS) -> str:
    """Return a title or a name as plain text: tags gone, entities resolved, shortened.

    `plain`: the format says that it is no HTML, so "<b>" in it is three characters.
    """
    text = xml_characters(text[:MAX_RAW_LINE_CHARS])
    if "<" in text and not (plain and not looks_like_html(text)):
        text = _text_of(text)
    elif "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return shorten(folded(text), limit)


def _text_of(source: str) -> str:
    source = _BLOCK.sub(" <", _WORD_IN_BRACKETS.sub("&lt;", source))
    if is_too_deep(source):
        return flat_text(source)
    bare = nh3.clean(source, tags=set(), clean_content_tags=set(_DROPPED), attributes={})
    return html.unescape(bare)


def summary_of(content: str, *, limit: int = MAX_SUMMARY_CHARS) -> str:
    """Return the beginning of sanitised HTML as plain text."""
    beginning = content[:_BEGINNING_CHARS]
    if len(content) > len(beginning):
        beginning = beginning[: beginning.rfind("<")] if _is_cut(beginning) else beginning
        text = flat_text(beginning)
        if len(text) > limit:
            return shorten(text, limit)
    return shorten(flat_text(content), limit)


def _is_cut(beginning: str) -> bool:
    """Return whether the text ends inside a tag."""
    return beginning.rfind("<") > beginning.rfind(">")


def shorten(text: str, limit: int) -> str:
    """Return at most `limit` characters, cut between words where there are any, with "…"."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at = cut.rfind(" ")
    if text[limit - 1] != " " and at > limit // 2:
        cut = cut[:at]
    return cut.rstrip(" ,;:.-\u2013\u2014\u2026") + "…"


def first_image(content: str) -> str:
    """Return the address of the first image in sanitised HTML, "" where there is none."""
    for match in _IMAGE.finditer(content):
        source: str = dict(_ATTRIBUTE.findall(match[1])).get("src", "")
        return html.unescape(source)
    return ""
