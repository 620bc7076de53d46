"""Other values for settings of the running server: what a test writes is in force next.

Both apps read their settings at first use after each change, so nothing is started
anew: a test that waits for a timeout has a short one, and all others have the demo's.
"""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import override_settings

_NAME = "overrides.json"


class Overrides:
    """What is written for the server that keeps its data in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / _NAME

    def write(self, **values: dict[str, Any]) -> None:
        """Put in force for each setting some keys; a fraction is a time in seconds."""
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(values))
        draft.replace(self._path)

    def read(self) -> str:
        return self._path.read_text() if self._path.exists() else "{}"


class OverridesMiddleware:
    """Looks before each request what is to be in force."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._overrides = Overrides(settings.KEPT_IN)
        self._lock = threading.Lock()
        self._known = "{}"
        self._in_force = override_settings()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with self._lock:
            wanted = self._overrides.read()
            if wanted != self._known:
                self._change(json.loads(wanted))
                self._known = wanted
        return self._get_response(request)

    def _change(self, wanted: dict[str, dict[str, Any]]) -> None:
        if self._known != "{}":
            self._in_force.disable()
        self._in_force = override_settings(
            **{name: _merged(name, keys) for name, keys in wanted.items()}
        )
        if wanted:
            self._in_force.enable()


def _merged(name: str, keys: dict[str, Any]) -> dict[str, Any]:
    return getattr(settings, name) | {key: _value(v) for key, v in keys.items()}


def _value(value: object) -> object:
    return timedelta(seconds=value) if isinstance(value, float) else value
