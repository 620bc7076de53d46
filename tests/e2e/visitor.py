"""Somebody at a browser who uses the pages of one app, by what can be seen of them."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Response, expect

from tests.e2e.people import PASSWORD

LOG_IN = "Log in"
LOGGED_IN_HERE = "Where you are logged in"
CONFIRM = "Confirm that it is you"
# What proves a login; the CSRF token's cookie proves nothing, and scripts may read it.
CREDENTIALS = ("access-token", "refresh-token", "sessionid")
MOST_TABS = 40

# As long as Playwright's other steps: on a busy machine, what is slow is no fault.
expect.set_options(timeout=30_000)


class Visitor:
    """One person with one browser: its tabs share their cookies."""

    def __init__(self, context: BrowserContext, home: str, name: str) -> None:
        """Visit the app whose pages stand below the address ``home``."""
        self.context = context
        self.home = home
        self.name = name
        self.page = context.new_page()

    @property
    def login_page(self) -> str:
        return f"{self.home}/login/"

    @property
    def account_page(self) -> str:
        """What is private: who sees it is logged in, recently."""
        return f"{self.home}/account/sessions/"

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def open(self, address: str) -> None:
        self.page.goto(address)

    def log_in(self) -> None:
        """Ask for the private page and get there by way of the form."""
        self.open(self.account_page)
        self.see(LOG_IN)
        self.send_login(PASSWORD)
        self.see(LOGGED_IN_HERE)

    def send_login(self, password: str) -> Response:
        self.field("Username").fill(self.name)
        self.field("Password").fill(password)
        return self.press(LOG_IN)

    def send_password(self, password: str) -> Response:
        """Confirm on the step-up page."""
        self.field("Password").fill(password)
        return self.press("Confirm")

    def field(self, label: str) -> Locator:
        return self.main.get_by_label(re.compile(f"^{label}:?$"))

    def press(self, button: str) -> Response:
        """Send a form; return the answer, when its page is there."""
        return self.click(self.main.get_by_role("button", name=button, exact=True))

    def click(self, target: Locator) -> Response:
        """Go where it leads; return the answer, when its page is there."""
        with self.page.expect_navigation() as navigation:
            target.click()
        answer = navigation.value
        assert answer is not None
        return answer

    def see(self, heading: str) -> None:
        """Wait for the page of that heading."""
        found = self.page.get_by_role("heading", level=1)
        expect(found).to_have_text(heading)

    def see_error(self, text: str) -> None:
        expect(self.main.get_by_role("alert")).to_contain_text(text)

    def see_status(self, text: str) -> None:
        expect(self.main.get_by_role("status")).to_contain_text(text)

    def is_logged_in(self) -> bool:
        """Ask for the private page; tell if it came, without another word."""
        self.open(self.account_page)
        heading = self.page.get_by_role("heading", level=1).inner_text()
        assert heading in {LOG_IN, LOGGED_IN_HERE}
        return heading == LOGGED_IN_HERE

    def path(self) -> str:
        return urlsplit(self.page.url).path

    def credentials(self) -> Mapping[str, str]:
        """Return the cookies that prove the login, wherever they are sent."""
        return {
            cookie["name"]: cookie["value"]
            for cookie in self.context.cookies()
            if re.search("|".join(CREDENTIALS), cookie["name"])
        }

    def lose_access_token(self) -> None:
        """Be as after a quarter of an hour; nothing happens where there is none."""
        self.context.clear_cookies(name=re.compile("access-token$"))

    def focus_by_keyboard(self, wanted: Locator) -> None:
        """Press Tab until the element has the focus, and shows it."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("it => it === document.activeElement"):
                break
        expect(wanted).to_be_focused()
        outline = "it => getComputedStyle(it).outlineStyle"
        assert wanted.evaluate(outline) != "none"
