"""Somebody at the page of the comparison, and its scenes."""

import shutil
from typing import Any

from playwright.sync_api import Locator, Page, expect

from demo_project.compare.page.questions import QUESTIONS
from tests.demo_project.compare.page.short_jobs import wait_until_free
from tests.e2e.stage import Stage

Options = dict[str, Any]

# A run starts six servers, on a busy machine too.
LONGEST_RUN_MILLISECONDS = 600_000
ANSWERS = {
    "verifier": "others",
    "client": "pages",
    "ending": "at_once",
    "redis": "goes_on",
    "database": "may_fail",
}


class Comparing:
    """A visitor of ``/compare/``, which has no scheme."""

    def __init__(self, stage: Stage, options: Options) -> None:
        """Come with a new browser; whatever is started ends with the stage."""
        self._stage = stage
        self.visitor = stage.visitor("jwt", **options)
        self.page = self.visitor.page
        self.directory = stage.directory / "compare"
        self.directory.mkdir(exist_ok=True)
        stage.at_close.append(self._leave_nothing)

    def open(self, query: str = "") -> None:
        self.visitor.open(f"{self._stage.address}/compare/{query}")

    def start(self, button: str, *, reload: bool) -> None:
        """Press a button that starts something."""
        form = self.page.locator("form.start").filter(
            has=self.page.get_by_role("button", name=button)
        )
        form.get_by_role("checkbox").set_checked(reload)
        self.visitor.click(form.get_by_role("button"))

    def stop(self) -> None:
        """Press the button, on a page that doesn't reload itself under the hand."""
        self.open()
        self.visitor.click(self.page.get_by_role("button", name="Stop", exact=True))
        _wait_until_over(self)

    def progress(self) -> Locator:
        """Return the line that says what is done now."""
        return self.page.locator(".progress li").last

    def expect_title(self, text: str) -> None:
        title = self.page.locator("#run-title")
        expect(title).to_have_text(text, timeout=LONGEST_RUN_MILLISECONDS)

    def expect_end(self, text: str) -> None:
        """Look again until the run is over; the page need not do it by itself."""
        found = self.page.locator("#run")
        expect(found).to_contain_text(text, timeout=LONGEST_RUN_MILLISECONDS)

    def _leave_nothing(self) -> None:
        """End what runs, and forget what was measured."""
        self.open()
        stop = self.page.get_by_role("button", name="Stop", exact=True)
        if stop.count():
            stop.click()
            _wait_until_over(self)
        for kept in ("last.json", "stopwatch.json"):
            path = self.directory / kept
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)


def _wait_until_over(comparing: Comparing) -> None:
    """Look at the page until nothing runs: the server notices an end when asked."""
    while True:
        comparing.open()
        if comparing.page.locator("#run-title").count() == 0:
            break
        comparing.page.wait_for_timeout(200)
    wait_until_free(comparing.directory)


def compare(stage: Stage, _scheme: str, options: Options) -> Page:
    """The page, with the project's own figures."""
    comparing = Comparing(stage, options)
    comparing.open()
    comparing.visitor.see("Which one fits, by measurement")
    return comparing.page


def compare_guide(stage: Stage, _scheme: str, options: Options) -> Page:
    """The guide, answered so that something can't be had."""
    comparing = Comparing(stage, options)
    comparing.open()
    answer(comparing)
    expect(comparing.page.locator("#advice")).to_be_visible()
    return comparing.page


def compare_running(stage: Stage, _scheme: str, options: Options) -> Page:
    """A run that has got somewhere; the page holds still."""
    comparing = Comparing(stage, options)
    comparing.open()
    comparing.start("Measure now", reload=False)
    while comparing.page.locator(".progress li").count() == 0:
        comparing.open()
    return comparing.page


def compare_failed(stage: Stage, _scheme: str, options: Options) -> Page:
    """A run that couldn't write its result."""
    comparing = Comparing(stage, options)
    (comparing.directory / "last.json").mkdir()
    comparing.open()
    comparing.start("Measure now", reload=True)
    comparing.expect_end("The measuring failed.")
    return comparing.page


def answer(comparing: Comparing) -> None:
    """Answer every question, and send the form."""
    for question in QUESTIONS:
        chosen = next(c for c in question.choices if c.value == ANSWERS[question.name])
        group = comparing.page.get_by_role("group", name=str(question.text))
        group.get_by_label(str(chosen.text), exact=True).check()
    comparing.visitor.press("What fits?")
