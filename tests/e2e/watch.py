"""What no page may do, whatever a test is about: an eye on every page of a browser.

An error in the console, a violation of the page's own policy, a script that fails, and
an answer that says the server failed.
"""

from playwright.sync_api import BrowserContext, ConsoleMessage, Response, WebError

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", event => console.error(
  `securitypolicyviolation: ${event.violatedDirective} ${event.blockedURI}`
))
"""


class Watch:
    """Collects the faults of all pages of the contexts that it is put on."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._refusals: set[int] = set()

    def put_on(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", self._note_error)
        context.on("response", self._note_failure)

    def expect_refusal(self, status: int) -> None:
        """Let pages be answered like this: the browser reports it as an error."""
        self._refusals.add(status)

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser asks for it by itself where a page names no icon.
        is_icon = message.location["url"].endswith("/favicon.ico")
        is_expected = is_icon or self._is_expected(message.text)
        if message.type == "error" and not is_expected:
            self.faults.append(f"console: {message.text} ({message.location})")

    def _is_expected(self, text: str) -> bool:
        report = "Failed to load resource: the server responded with a status of "
        return any(text.startswith(f"{report}{status} ") for status in self._refusals)

    def _note_error(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")

    def _note_failure(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")
