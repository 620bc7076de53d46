"""The report: one file that brings all it needs, for everybody and for paper."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe, AxeResults
from playwright.sync_api import Page

from demo_project.compare.report.html_report import as_html
from demo_project.compare.result import Cell, ModeInfo
from demo_project.environment import CHECKOUT
from tests.demo_project.compare.results import MODES, cell, result, row, words
from tests.demo_project.demo_process import clean_environment
from tests.e2e.chromium import BrowserThread, require_chromium

WITHOUT_SETTINGS = """
import sys
from demo_project.compare.report.html_report import as_html
from demo_project.compare.result import Result
from django.conf import settings
sys.stdout.write(as_html(Result.from_json(sys.stdin.read())))
assert not settings.configured
"""
DESKTOP, PHONE, SMALL_PHONE = 1280, 390, 360
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
SCRIPT = Axe().axe_script


def _everything() -> str:
    """Charts of both scales, missing cells, words, and as many modes as there are."""
    modes = [
        ModeInfo(name=f"mode_{n}", title=f"session, user's row {n}", explanation="e")
        for n in range(6)
    ]
    names = [mode.name for mode in modes]
    reason = "not measured: PostgreSQL is not installed; install it and run again"
    numbers = dict.fromkeys(names, cell(3.0, "3.0 ms (2.5 to 4.0)", low=2.5, high=4.0))
    missing = numbers | {"mode_1": Cell(text=reason)}
    wide = numbers | {"mode_2": cell(9000, "9000 ms")}
    texts = {name: Cell(text="thief: refresh 401, owner: call 401") for name in names}
    return as_html(
        result(
            row(numbers, id="numbers"),
            row(missing, id="missing"),
            row(wide, id="wide"),
            row(texts, id="texts", group="attacks"),
            modes=modes,
        )
    )


class _Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


class TestFile:
    def test_it_is_written_without_settings(self) -> None:
        """The command that calls it loads none."""
        ran = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", WITHOUT_SETTINGS],
            input=result().to_json(),
            capture_output=True,
            text=True,
            cwd=CHECKOUT,
            env=clean_environment(),
            check=False,
        )

        assert ran.returncode == 0, ran.stderr
        assert ran.stdout == as_html(result())

    def test_it_fetches_nothing_and_runs_nothing(self) -> None:
        """It is sent by mail and opened years later."""
        html = _everything()

        elements = _Elements(html).found

        tags = {tag for tag, _ in elements}
        assert not tags & {"script", "link", "img", "iframe", "object", "base"}
        links = [attrs["href"] for _, attrs in elements if "href" in attrs]
        assert all(link and link.startswith("#") for link in links)
        assert not [a for _, a in elements if "style" in a or "src" in a]
        assert not re.search(r"@import|url\(", html)

    def test_links_lead_somewhere(self) -> None:
        """The contents are the only way through a long file."""
        elements = _Elements(_everything()).found

        ids = [attrs["id"] for _, attrs in elements if "id" in attrs]

        assert len(ids) == len(set(ids))
        for _, attrs in elements:
            if "href" in attrs:
                assert (attrs["href"] or "").removeprefix("#") in ids

    def test_styles_are_not_escaped(self) -> None:
        """An escaped ``>`` would void the rule it stands in."""
        styles = as_html(result()).partition("<style>")[2].partition("</style>")[0]

        assert "body > header" in styles
        assert "&" not in styles


class TestContent:
    def test_every_row_says_what_how_and_how_noisy(self) -> None:
        """A number without them is an opinion."""
        html = as_html(result(row(), words("SECRET_KEY", how="read off the settings")))

        for text in (
            "A request in the middle",
            "api/me/, one client; median and quartiles of 4 rounds",
            "(2.5 to 4.0)",
            "read off the settings",
            "SECRET_KEY",
            '<span class="kind">observed</span>',
        ):
            assert text in html

    def test_modes_machine_and_versions_are_named(self) -> None:
        """Figures of another machine are other figures."""
        html = as_html(result())

        for text in (
            MODES[0].explanation,
            "Linux x86_64",
            "5.2.19",
            "2026-03-01 12:34 UTC",
            "2 min 35 s",
        ):
            assert text in html

    @pytest.mark.parametrize("quick", [True, False])
    def test_quick_run_is_called_one(self, *, quick: bool) -> None:
        """Rough timings must not pass for good ones."""
        assert ("A quick run" in as_html(result(quick=quick))) is quick

    def test_markup_in_any_text_stays_text(self) -> None:
        """A result may come from a file that anybody wrote."""
        evil = "</style><script>alert(1)</script>"
        modes = [ModeInfo(name="session", title=evil, explanation=evil)]
        cells = {"session": cell(3, f"3 ms ({evil})")}
        of = row(cells, id=evil, title=evil, how=evil, noise=evil, better=evil)

        html = as_html(result(of, modes=modes))

        assert "<script" not in html
        assert html.count("</style>") == 1


@pytest.mark.slow
class TestInBrowser:
    def test_it_is_for_everybody_on_screens_of_any_width(self, tmp_path: Path) -> None:
        """Too little contrast or a cut-off chart shuts somebody out."""
        file = tmp_path / "report.html"
        file.write_text(_everything(), encoding="utf-8")

        with BrowserThread(require_chromium()) as thread:
            context = thread.run(thread.browser.new_context, bypass_csp=True)
            page = thread.run(context.new_page)
            faults = thread.run(_faults_everywhere, page, file.as_uri())

        assert faults == {}


def _faults_everywhere(page: Page, address: str) -> dict[tuple[int, str], list[str]]:
    page.goto(address)
    page.evaluate(SCRIPT)
    return {
        (width, colors): found
        for width in (DESKTOP, PHONE, SMALL_PHONE)
        for colors in ("light", "dark")
        if (found := _faults(page, width, colors))
    }


def _faults(page: Page, width: int, colors: str) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=colors)
    options = json.dumps({"resultTypes": ["violations"]})
    report = AxeResults(page.evaluate(f"axe.run({options})"))
    faults = [report.generate_report()] if report.violations_count else []
    wide, there_is = page.evaluate(WIDTHS)
    if wide > there_is:
        faults.append(f"it is {wide} wide, and there is room for {there_is}")
    return faults + page.evaluate(CUT_OFF)


# Letters of a chart that end beyond it: SVG breaks no lines.
CUT_OFF = """[...document.querySelectorAll("svg.chart text")].filter(text => {
  const box = text.getBoundingClientRect();
  const room = text.ownerSVGElement.getBoundingClientRect();
  return box.left < room.left - 1 || box.right > room.right + 1;
}).map(text => `cut off: ${text.textContent}`)"""
