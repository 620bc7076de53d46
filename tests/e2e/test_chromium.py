"""What the tests of this directory need, and what they leave alone."""

import asyncio
from pathlib import Path

import pytest

from tests.e2e.chromium import BrowserThread, require_chromium


class TestRequireChromium:
    @pytest.fixture(autouse=True)
    def _no_browser(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("CI", raising=False)

    def test_missing_browser_is_a_skip_that_says_how_to_get_it(self) -> None:
        """Who works on a key format should not have to install a browser."""
        with pytest.raises(pytest.skip.Exception, match="install your system's chrom"):
            require_chromium()

    def test_missing_browser_fails_under_ci(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody would notice that the pages are not tested any more."""
        monkeypatch.setenv("CI", "true")

        with pytest.raises(pytest.fail.Exception, match="CI must not skip this"):
            require_chromium()


class TestBrowserThread:
    @pytest.fixture
    def loop_of_all_other_tests(
        self, browser_thread: BrowserThread
    ) -> asyncio.AbstractEventLoop | None:
        return asyncio._get_running_loop()

    @pytest.mark.slow
    def test_event_loop_is_kept_from_other_tests(
        self, loop_of_all_other_tests: asyncio.AbstractEventLoop | None
    ) -> None:
        """Django's ORM refuses to work in a thread in which one runs."""
        assert asyncio.get_running_loop().is_running()
        assert loop_of_all_other_tests is None
