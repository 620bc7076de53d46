"""The results that a page can show: those measured here, and the project's own."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from demo_project.compare.report.presentation import present
from demo_project.compare.result import Result
from demo_project.environment import CHECKOUT

UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading or showing raises where a file isn't what the comparison writes."""
OF_THE_PROJECT = CHECKOUT / "docs/figures/compare.json"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A result, where it was measured, and why the one from here can't be shown."""

    result: Result | None = None
    is_from_here: bool = False
    fault: str = ""

    @property
    def taken_at(self) -> datetime | None:
        """Return when the measuring ended."""
        if self.result is None:
            return None
        return datetime.fromisoformat(self.result.taken_at)


def read_kept(path: Path) -> Kept:
    """Return what was measured here, if anything was."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError) as error:
        return Kept(fault=str(error))
    try:
        result = Result.from_json(text)
        # What can't be shown is no result either.
        present(result)
    except UNREADABLE as error:
        return Kept(fault=f"{type(error).__name__}: {error}")
    return Kept(result=result, is_from_here=True)


def without_words(kept: Kept) -> Kept:
    """Return it without what is said of a fault; that there is one remains."""
    return replace(kept, fault="-" if kept.fault else "")


def shown_result(path: Path) -> Kept:
    """Return what was measured here, else what the project has measured elsewhere."""
    own = read_kept(path)
    if own.result is not None:
        return own
    return replace(read_kept(OF_THE_PROJECT), is_from_here=False, fault=own.fault)
