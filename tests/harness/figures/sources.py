"""The result files that figures are made of, and the figures of each."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.result import Result as BenchResult
from demo_project.compare.result import Result as CompareResult
from tests.harness.figures import bench, comparison
from tests.harness.figures.markers import FigureError

DIRECTORY = Path("docs/figures")


@dataclass(frozen=True, kw_only=True)
class Source:
    """How the result is made, how it is read, and what is made of it."""

    command: str
    read: Callable[[str], Any]
    figures: Mapping[str, Callable[..., str]]


SOURCES = {
    "bench": Source(
        command="make bench JSON=docs/figures/bench.json",
        read=BenchResult.from_json,
        figures=bench.FIGURES,
    ),
    "compare": Source(
        command=(
            ".venv/bin/python -m demo_project.compare --json docs/figures/compare.json"
        ),
        read=CompareResult.from_json,
        figures=comparison.FIGURES,
    ),
}


class Figures:
    """Makes figures, reads each result file once, and remembers which were read."""

    def __init__(self, root: Path) -> None:
        """Look for the result files below ``root``."""
        self._directory = root / DIRECTORY
        self._results: dict[str, object] = {}

    def render(self, words: Sequence[str]) -> str:
        """Return the figure that a marker names.

        Raises:
            FigureError: there is none of that name, or it can't be made.
        """
        name, *arguments = words
        source_name, _, figure_name = name.partition(".")
        source = SOURCES.get(source_name)
        if source is None or figure_name not in source.figures:
            raise FigureError(f"unknown; there are {', '.join(_known())}")
        figure, result = source.figures[figure_name], self._result(source_name, source)
        try:
            inspect.signature(figure).bind(result, *arguments)
        except TypeError as error:
            raise FigureError(str(error)) from None
        return figure(result, *arguments)

    def not_quoted(self) -> list[str]:
        """Return the result files that no figure was made of."""
        files = sorted(self._directory.glob("*.json"))
        return [file.name for file in files if file.stem not in self._results]

    def _result(self, name: str, source: Source) -> object:
        if name not in self._results:
            file = self._directory / f"{name}.json"
            try:
                self._results[name] = source.read(file.read_text("utf-8"))
            except FileNotFoundError:
                raise FigureError(
                    f"{DIRECTORY / file.name} is missing: run `{source.command}`"
                ) from None
            except ValueError as error:
                raise FigureError(f"{DIRECTORY / file.name}: {error}") from None
        return self._results[name]


def _known() -> list[str]:
    return [
        f"{name}.{figure}"
        for name, source in SOURCES.items()
        for figure in source.figures
    ]
