"""``/compare/`` in a browser: the guide, a run that is followed, and the stopwatch."""

import pytest
from playwright.sync_api import expect

from tests.demo_project.compare.made_results import made_result
from tests.demo_project.compare.page.short_jobs import lock_holders
from tests.e2e.comparing import LONGEST_RUN_MILLISECONDS, Comparing, answer
from tests.e2e.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("browser_thread")]


class TestGuide:
    def test_answered_guide_names_a_mode_and_can_be_sent_to_somebody(
        self, stage: Stage
    ) -> None:
        """The address is all that it takes."""
        comparing = Comparing(stage, {})
        (comparing.directory / "last.json").write_text(made_result().to_json())
        comparing.open()
        answer(comparing)

        advice = comparing.page.locator("#advice")
        expect(advice).to_contain_text("jwt, cookies")
        expect(advice).to_contain_text("second_service")

        colleague = Comparing(stage, {})
        colleague.visitor.open(comparing.page.url)
        expect(colleague.page.locator("#advice")).to_contain_text("jwt, cookies")

    def test_browser_insists_on_every_answer(self, stage: Stage) -> None:
        """A guess in place of an answer would be an advice about nothing."""
        comparing = Comparing(stage, {})
        comparing.open()

        comparing.page.get_by_role("button", name="What fits?").click()

        assert "?" not in comparing.page.url


class TestRun:
    def test_run_shows_its_progress_by_itself_and_is_stopped(
        self, stage: Stage
    ) -> None:
        """Without script, and without a hand on the reload button."""
        comparing = Comparing(stage, {})
        comparing.open()
        comparing.start("Measure now", reload=True)
        comparing.expect_title("Measuring")
        expect(comparing.progress()).not_to_have_text("", timeout=60_000)
        before = comparing.progress().inner_text()

        expect(comparing.progress()).not_to_have_text(
            before, timeout=LONGEST_RUN_MILLISECONDS
        )
        comparing.stop()

        expect(comparing.page.locator("#run")).to_contain_text("Stopped.")
        assert lock_holders(comparing.directory) == []
        assert not (comparing.directory / "last.json").exists()


class TestStopwatch:
    def test_press_shows_a_time_for_each_mode(self, stage: Stage) -> None:
        """Six servers are started, and a login ends on each."""
        comparing = Comparing(stage, {})
        comparing.open()
        comparing.start("Revoke now", reload=True)
        comparing.expect_title("The stopwatch is running")

        comparing.expect_end("The stopwatch is done")

        bars = comparing.page.locator("#stopwatch .chart-bar")
        # One for each mode and ending, but for what goes on until it expires.
        expect(bars).to_have_count(10)
        expect(comparing.page.locator("#stopwatch")).to_contain_text("on this machine")
