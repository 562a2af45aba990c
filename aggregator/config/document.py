"""The TOML file as text, as a document, and the lines of its keys.

The lines cost four times the parsing, so they are looked up only once something is wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import toml_rs

from aggregator.config.faults import Fault, Loc, dotted
from aggregator.errors import ConfigError
from aggregator.model import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOML_VERSION: Final = "1.0.0"  # what tomlkit and every editor know; 1.1 is in few of them
LINE_WORDS = ("key_line", "value_line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configuration file that is valid TOML: what it says, and its text for the lines."""

    file: str
    text: str
    document: dict[str, Any]


def open_source(path: Path) -> Source:
    """Return the file at `path`; raise ConfigError where it is missing or no TOML."""
    text = _read(path)
    try:
        document = toml_rs.loads(text, toml_version=TOML_VERSION)
    except toml_rs.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(str(path), error)]) from error
    return Source(file=str(path), text=text, document=document)


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")  # Windows editors put a mark at the start
    except FileNotFoundError as error:
        what, mend = "there is no such file", "Write one with: newsfold init."
        raise ConfigError([_file_problem(path, what, mend)]) from error
    except OSError as error:
        what = f"the file cannot be read: {error.strerror}"
        mend = "Check its name and its permissions."
        raise ConfigError([_file_problem(path, what, mend)]) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what, mend = "this line is not UTF-8", "Save the file as UTF-8."
        raise ConfigError([_file_problem(path, what, mend, line=line)]) from error


def _file_problem(path: Path, what: str, mend: str, *, line: int = 0) -> Problem:
    return Problem(file=str(path), line=line, key="", what=what, mend=mend)


def _syntax_problem(file: str, error: toml_rs.TOMLDecodeError) -> Problem:
    """Return the problem with its line; of the library's words only the last, without the text."""
    reason = error.msg.splitlines()[-1]
    line = error.doc.encode()[: error.pos].count(b"\n") + 1  # `pos` counts bytes
    return Problem(
        file=file,
        line=line,
        key="",
        what=f"this is no valid TOML: {reason}",
        mend='Texts stand in "quotes", lists in [brackets], and each key stands once.',
    )


def problems_of(source: Source, faults: list[Fault]) -> list[Problem]:
    """Return the faults with file, line and dotted key, in the order of the file."""
    if not faults:
        return []
    nodes = nodes_of(source.text)
    problems = [
        Problem(
            file=source.file,
            line=line_of(nodes, fault.loc, text=source.text),
            key=dotted(fault.loc),
            what=fault.what,
            mend=fault.mend,
        )
        for fault in faults
    ]
    return sorted(problems, key=lambda problem: problem.line)


def nodes_of(text: str) -> dict[str, Any]:
    """Return the tree of keys with their lines, as toml_rs tells it."""
    parsed = toml_rs.load_with_metadata(text, toml_version=TOML_VERSION)
    return dict(parsed.meta["nodes"])


def line_of(nodes: Mapping[str, Any], loc: Loc, *, text: str) -> int:
    """Return the line of the value that `loc` leads to, or of what should hold it."""
    line = 0
    here: Any = nodes  # a list's rows by number, a table's keys by name
    for part in loc:
        try:
            node = here[part]
        except (KeyError, IndexError, TypeError):
            break
        line = _own_line(node) or _header_line(str(part), text) or span_of(node)[0] or line
        here = node["value"] if _own_line(node) else node
    return line


def _own_line(node: Mapping[str, Any]) -> int:
    """Return the node's own line; 0 for a [table], whose keys alone have lines.

    A key of the file that happens to be called "key_line" is a table here, and no number.
    """
    for word in LINE_WORDS:
        match node.get(word):
            case int(line) | (int(line), _):
                return line
    return 0


def _header_line(key: str, text: str) -> int:
    """Return the line of `[key]`, 0 where there is none."""
    header = re.search(rf"^[ \t]*\[[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*\]", text, re.MULTILINE)
    return text.count("\n", 0, header.start()) + 1 if header else 0


def span_of(node: object) -> tuple[int, int]:
    """Return the first and the last line that the node takes; zeros where it has none."""
    lines = sorted(_lines(node))
    return (lines[0], lines[-1]) if lines else (0, 0)


def _lines(node: object) -> list[int]:
    if isinstance(node, list):
        return [line for row in node for line in _lines(row)]
    if not isinstance(node, dict):
        return []
    found: list[int] = []
    for key, value in node.items():
        match value:
            case int(line) if key in LINE_WORDS:
                found.append(line)
            case (int(first), int(last)) if key in LINE_WORDS:
                found += [first, last]
            case dict() | list():
                found += _lines(value)
    return found
