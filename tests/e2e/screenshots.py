"""``make screenshots``: pictures of every page, light and dark, large and small.

They go to ``build/screenshots/``, named after page, width and colours. Called with a
page's name it takes those of that page alone; ``--readme`` takes the README's, which
show the upper part of a page, into ``docs/images/``.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Page

from demo_project.environment import CHECKOUT
from tests.e2e.chromium import BrowserThread, require_chromium
from tests.e2e.other_site import OtherSite
from tests.e2e.overrides import Overrides
from tests.e2e.people import names
from tests.e2e.scenes import SCENES
from tests.e2e.server import running_server
from tests.e2e.stage import Stage
from tests.e2e.watch import Watch

TARGET = CHECKOUT / "build/screenshots"
FOR_README = CHECKOUT / "docs/images"
IN_README = ("home", "jwt-account_sessions")
SIZES = {1280: 800, 390: 844}
VIEWPORT = {"width": 1000, "height": 804}


def main(wanted: list[str]) -> None:
    """Take the pictures of all scenes, or of those that are named."""
    if wanted == ["--readme"]:
        for name in IN_README:
            _for_readme(name)
        return
    TARGET.mkdir(parents=True, exist_ok=True)
    with _stage() as (thread, stage):
        for name, (scheme, scene) in SCENES.items():
            if not wanted or name in wanted:
                page = thread.run(scene, stage, scheme, {})
                thread.run(_take, page, name)
                thread.run(stage.close)
                sys.stdout.write(f"{name}\n")
                sys.stdout.flush()


@contextmanager
def _stage() -> Iterator[tuple[BrowserThread, Stage]]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        thread = stack.enter_context(BrowserThread(require_chromium()))
        server = stack.enter_context(running_server(directory))
        yield (
            thread,
            Stage(
                browser=thread.browser,
                address=f"http://127.0.0.1:{server.port}",
                directory=directory,
                overrides=Overrides(directory),
                other_site=stack.enter_context(OtherSite()),
                names=names(),
                watch=Watch(),
                contexts=[],
            ),
        )


def _for_readme(name: str) -> None:
    FOR_README.mkdir(exist_ok=True)
    scheme, scene = SCENES[name]
    # A fresh server, so that it is Alice in each.
    with _stage() as (thread, stage):
        page = thread.run(scene, stage, scheme, {"viewport": VIEWPORT})
        thread.run(page.screenshot, path=FOR_README / f"{name}.png")
        thread.run(stage.close)


def _take(page: Page, name: str) -> None:
    for width, height in SIZES.items():
        for colors in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=colors)
            path = TARGET / f"{name}-{width}-{colors}.png"
            page.screenshot(path=path, full_page=True)


if __name__ == "__main__":
    main(sys.argv[1:])
