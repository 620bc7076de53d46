"""A running server, a browser, and people who come with it: what every scene needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext

from tests.e2e.other_site import OtherSite
from tests.e2e.overrides import Overrides
from tests.e2e.visitor import Visitor
from tests.e2e.watch import Watch


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a test or a picture is made with; ``close`` takes the browsers away."""

    browser: Browser
    address: str
    directory: Path
    """Where the server keeps its data."""
    overrides: Overrides
    other_site: OtherSite
    names: Iterator[str]
    watch: Watch
    contexts: list[BrowserContext]
    at_close: list[Callable[[], None]] = field(default_factory=list)
    """What has to be put right before the browsers go."""

    def visitor(self, scheme: str, name: str = "", **options: object) -> Visitor:
        """Let a user come, one that nobody knows unless named, with a new browser."""
        context = self.browser.new_context(**{"locale": "en-GB"} | options)
        self.contexts.append(context)
        self.watch.put_on(context)
        home = f"{self.address}/{scheme}/auth"
        return Visitor(context, home, name or next(self.names))

    def close(self) -> None:
        while self.at_close:
            self.at_close.pop()()
        for context in self.contexts:
            context.close()
        self.overrides.write()
