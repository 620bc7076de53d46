"""axe finds nothing on any page: light and dark, on a desk and on a phone."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe, AxeResults
from playwright.sync_api import Page

from tests.e2e.scenes import SCENES
from tests.e2e.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("browser_thread")]

DESKTOP, PHONE = 1280, 390
HEIGHT = 800
SCRIPT = Axe().axe_script
# It has the browser's own colours; axe takes a dark canvas for a white one.
UNSTYLED = {"jwt-reload"}
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@pytest.mark.requirement("LGN-06")
@pytest.mark.parametrize("name", SCENES)
def test_page_is_for_everybody(name: str, stage: Stage) -> None:
    """Too little contrast or a field without a label shuts somebody out."""
    scheme, scene = SCENES[name]
    page = scene(stage, scheme, {})
    page.evaluate(SCRIPT)

    faults = {
        (width, colors): found
        for width in (DESKTOP, PHONE)
        for colors in ("light", "dark")
        if (found := _faults(page, width, colors, styled=name not in UNSTYLED))
    }

    assert faults == {}


def _faults(page: Page, width: int, colors: str, *, styled: bool) -> list[str]:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=colors)
    rules = {} if styled else {"color-contrast": {"enabled": False}}
    options = json.dumps({"resultTypes": ["violations"], "rules": rules})
    report = AxeResults(page.evaluate(f"axe.run({options})"))
    faults = [report.generate_report()] if report.violations_count else []
    wide, there_is = page.evaluate(WIDTHS)
    if wide > there_is:
        faults.append(f"it is {wide} wide, and there is room for {there_is}")
    return faults
