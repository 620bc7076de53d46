"""The file of the page for Python without Django, with a clock that can be moved."""

import threading
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Self

import pytest

HANG_SECONDS = 30


class Recipe:
    """The file of the page, and a clock that can be moved."""

    def __init__(self, code: str) -> None:
        """Run the file; nothing is fetched yet."""
        self.now = 1000.0
        self._names: dict[str, Any] = {}
        exec(code, self._names)  # noqa: S102 # our own page
        self._names["time"] = SimpleNamespace(monotonic=lambda: self.now)
        self.client = self._names["CLIENT"]
        self.refused: type[Exception] = self._names["Refused"]
        self.unavailable: type[Exception] = self._names["KeysUnavailable"]

    def verify(self, token: str) -> Mapping[str, Any]:
        """Call the file's function as its user would."""
        return self.verify_header(f"Bearer {token}")

    def refuses(self, token: str) -> bool:
        """Tell whether a token is refused."""
        try:
            self.verify(token)
        except self.refused:
            return True
        return False

    def verify_header(self, authorization: str) -> Mapping[str, Any]:
        """Call it with any header."""
        claims: Mapping[str, Any] = self._names["verify"](authorization)
        return claims


class SlowFetch:
    """Lets the recipe wait for the keys, between ``begin`` and ``end``."""

    def __init__(self, recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
        """Change nothing yet."""
        self.asked, self._may_answer = threading.Event(), threading.Event()
        self._client, self._patch = recipe.client, monkeypatch
        self._fetch = recipe.client.fetch_data

    def begin(self) -> None:
        """Be slow from now on."""
        self._patch.setattr(self._client, "fetch_data", self._wait)

    def end(self) -> None:
        """Let who waits go on."""
        self._may_answer.set()

    def _wait(self) -> object:
        self.asked.set()
        self._may_answer.wait(2 * HANG_SECONDS)
        return self._fetch()

    def __enter__(self) -> Self:
        """Be there for a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let nobody wait who would keep the test from its end."""
        self.end()
