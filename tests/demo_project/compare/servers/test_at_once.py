"""Observing all modes at the same time."""

import threading
from typing import cast

import pytest

from demo_project.compare.servers.at_once import at_once
from demo_project.compare.servers.open_mode import OpenMode


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name


MODES = cast("list[OpenMode]", [_Named("first"), _Named("second")])


def test_modes_are_waited_for_together() -> None:
    """One after the other, six modes would wait six times for each timeout."""
    both = threading.Barrier(len(MODES), timeout=10)

    assert at_once(MODES, lambda mode: (both.wait(), mode.name)[1]) == {
        "first": "first",
        "second": "second",
    }


def test_failure_of_one_is_that_of_all() -> None:
    """A row without one of its cells would be shown as if it were whole."""

    def fail(mode: OpenMode) -> None:
        raise LookupError(mode.name)

    with pytest.raises(LookupError, match="first"):
        at_once(MODES, fail)
