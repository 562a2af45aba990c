"""The XML parser that feedparser is given: Python's own, with text in one piece.

By itself it hands over a piece of text for every line and entity, and feedparser spends a seventh
of its time on them.
"""

from __future__ import annotations

from xml.sax.expatreader import ExpatParser


class BufferedParser(ExpatParser):
    """Python's parser on expat, which gathers text until something else comes."""

    def reset(self) -> None:
        """Begin a document."""
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]  # typeshed hides it


def create_parser() -> BufferedParser:
    """Return a parser: what `xml.sax.make_parser` asks a module for."""
    return BufferedParser()
