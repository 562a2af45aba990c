"""ARCHITECTURE.md's import table, enforced."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "aggregator"

# place -> the places of ours that it may import
ROOMS = {
    "__init__": set(),
    "model": set(),
    "errors": {"model"},
    "config": {"model", "errors"},
    "poll": {"model", "errors", "__init__"},
    "read": {"model", "errors"},
    "fold": {"model", "errors"},
    "digest": {"model", "errors", "__init__"},
    "store": {"model", "errors"},
    "serve": {"model", "errors", "store"},
    "pipeline": {
        "model", "errors", "__init__", "config", "poll", "read", "fold", "digest", "store", "serve",
    },
    "service": {"model", "errors", "__init__", "config", "serve", "pipeline"},
    "demo": {"model", "errors"},
    "cli": {
        "model", "errors", "__init__", "config", "poll", "read", "fold", "digest", "store", "serve",
        "pipeline", "service", "demo",
    },
    "__main__": {"cli"},
}  # fmt: skip

# third-party library -> its only home
HOMES = {
    "httpx": {"poll"},
    "httpcore": {"poll"},
    "brotli": {"poll"},
    "zstandard": {"poll"},
    "feedparser": {"read"},
    "nh3": {"read"},
    "trafilatura": {"read"},
    "protego": {"poll"},
    "selectolax": {"read"},
    "PIL": {"read"},
    "segno": {"digest"},
    "can_ada": {"read", "fold"},  # URLs are resolved in one and compared in the other
    "Stemmer": {"fold"},
    "regex": {"config", "digest"},  # patterns are checked in one and looked for in the other
    "jinja2": {"digest"},
    "sqlite_utils": {"store"},
    "sqlite3": {"store"},
    "starlette": {"serve"},
    "uvicorn": {"service"},
    "apscheduler": {"service"},
    "structlog": {"service", "cli", "pipeline"},
    "click": {"cli"},
    "pydantic": {"config"},
    "toml_rs": {"config"},
    "tomlkit": {"config"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def place_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Return every module imported anywhere in the file, lazily or not, as dotted names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {
                f"{module}.{alias.name}" for alias in node.names
            }  # a module, or a name in one
            if module != "aggregator":
                found.add(module)
    return found


def our_places(path: Path) -> set[str]:
    places = set()
    for name in imports_of(path):
        if name == "aggregator" or name.startswith("aggregator.__"):
            places.add("__init__")
        elif name.startswith("aggregator."):
            places.add(name.split(".")[1])
    return places - {place_of(path)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_the_table_allows(path: Path) -> None:
    place = place_of(path)

    assert place in ROOMS, f"{place} is no room of ARCHITECTURE.md"
    assert our_places(path) <= ROOMS[place]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_library_is_imported_only_at_home(path: Path) -> None:
    strays = {
        name
        for name in (dotted.split(".")[0] for dotted in imports_of(path))
        if name in HOMES and place_of(path) not in HOMES[name]
    }

    assert not strays


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_with_a_home_is_used_there(library: str) -> None:
    """One that nothing imports any more is a dependency to drop."""
    imported = {name.split(".")[0] for path in FILES for name in imports_of(path)}

    assert library in imported


def test_modules_import_each_other_without_cycles() -> None:
    graph = {module_name(path): imports_of(path) for path in FILES}

    assert find_cycle({name: reach & graph.keys() for name, reach in graph.items()}) is None


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def find_cycle(graph: dict[str, set[str]]) -> list[str] | None:
    """Return one cycle as a path of names, or None."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str] | None:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return None
        for other in sorted(graph[name] - {name}):
            if found := visit(other, [*path, name]):
                return found
        done.add(name)
        return None

    for name in sorted(graph):
        if found := visit(name, []):
            return found
    return None


def test_the_cycle_finder_finds_one() -> None:
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
