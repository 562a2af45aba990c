"""The development data of folding, beside the project: ../shared/folding, never copied into it."""

from __future__ import annotations

import importlib.util
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "folding"
ARCHIVE, SCORER = "dev.tar.xz", "score.py"
Row = dict[str, Any]
Pairs = list[tuple[str, str]]


class MissingDataError(SystemExit):
    """The data is not there: ends the run with the reason."""

    def __init__(self, path: Path) -> None:
        """Say which file is missing and what to do."""
        super().__init__(
            f"{path} is missing. The development data is other people's and no part of the "
            "project: put its folder there, or name it with --data FOLDER."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """The unpacked data."""

    folder: Path
    scorer: Any  # the data's own script, loaded by its path

    @classmethod
    def unpacked(cls, shared: Path, folder: Path) -> Data:
        """Unpack the data into a folder; MissingDataError where there is none."""
        for name in (ARCHIVE, SCORER):
            if not (shared / name).is_file():
                raise MissingDataError(shared / name)
        with tarfile.open(shared / ARCHIVE) as archive:
            archive.extractall(folder, filter="data")
        spec = importlib.util.spec_from_file_location("score", shared / SCORER)
        assert spec is not None  # noqa: S101 - the file is there
        assert spec.loader is not None  # noqa: S101 - a Python file has a loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return cls(folder=folder, scorer=module)

    def rows(self, name: str) -> list[Row]:
        """Return the rows of one file: `stories`, `dups`, …."""
        return read_lines(self.folder / f"{name}.jsonl")

    def ignored(self, name: str) -> Pairs:
        """Return the pairs of labels that are not scored."""
        path = self.folder / f"{name}.ignore.json"
        return [(a, b) for a, b in json.loads(path.read_text("utf-8"))] if path.is_file() else []

    def score(
        self, gold: dict[str, str], found: dict[str, str], ignored: Sequence[tuple[str, str]] = ()
    ) -> dict[str, float]:
        """Return pairwise and BCubed figures of clusters against labels, both by entry."""
        return dict(self.scorer.score(gold, found, ignored))


def read_lines(path: Path) -> list[Row]:
    """Return the rows of a JSON Lines file."""
    return [json.loads(line) for line in path.open(encoding="utf-8")]
