"""Chromium, driven by Playwright from a thread of its own.

Playwright's calls run an event loop in the thread that makes them, as long as the
browser runs; Django's ORM refuses to work in such a thread. So the tests of this
directory run in one of their own, and all others are none the wiser.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.harness.programs import require_program

HOW_TO_GET = "install your system's chromium package"

_T = TypeVar("_T")


def require_chromium() -> str:
    """Return Chromium's path, or skip the test; under ``CI=true``, fail it."""
    others = ("chromium-browser", "google-chrome")
    return require_program("chromium", HOW_TO_GET, *others)


def launch(playwright: Playwright, executable: str) -> Browser:
    """Start the browser that is installed; Playwright would download another one."""
    return playwright.chromium.launch(
        executable_path=executable,
        # A page that "back" brings from memory must not show what is private either.
        ignore_default_args=["--disable-back-forward-cache"],
    )


class BrowserThread:
    """One browser, and the thread that may use it."""

    def __init__(self, executable: str) -> None:
        self._executable = executable
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="browser")

    def run(self, call: Callable[..., _T], *values: object, **named: object) -> _T:
        """Call a function there; return or raise what it returns or raises."""
        return self._thread.submit(call, *values, **named).result()

    def __enter__(self) -> Self:
        self._playwright = self.run(lambda: sync_playwright().start())
        self.browser = self.run(launch, self._playwright, self._executable)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.run(self.browser.close)
        self.run(self._playwright.stop)
        self._thread.shutdown()
