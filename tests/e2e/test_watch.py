"""The eye that the tests of this directory keep on every page does see."""

import pytest

from tests.e2e.chromium import BrowserThread
from tests.e2e.other_site import OtherSite
from tests.e2e.watch import Watch

pytestmark = pytest.mark.slow


class TestWatch:
    @pytest.mark.parametrize(
        ("body", "policy", "status", "fault"),
        [
            ("<script>console.error('oh')</script>", "", 200, "console: oh"),
            ("<script>throw Error('oh')</script>", "", 200, "script: "),
            ("<img src=missing alt=''>", "", 200, "console: Failed to load"),
            ("<p style='color: red'>", "style-src 'none'", 200, "securitypolicyviol"),
            ("", "", 500, "500: http://localhost"),
            ("", "", 403, "a status of 403"),
        ],
    )
    def test_fault_of_a_page_is_noted(
        self,
        browser_thread: BrowserThread,
        other_site: OtherSite,
        body: str,
        policy: str,
        status: int,
        fault: str,
    ) -> None:
        """Tests that only look at what they are about would pass over it."""
        address = other_site.show("/faulty", body, policy=policy, status=status)

        watch = _watch_over(browser_thread, address)

        assert fault in str(watch.faults)

    def test_refusal_that_is_the_point_of_a_test_is_no_fault(
        self, browser_thread: BrowserThread, other_site: OtherSite
    ) -> None:
        """The browser calls every answer of 400 and more an error."""
        address = other_site.show("/refused", "", status=403)

        assert _watch_over(browser_thread, address, refusal=403).faults == []


def _watch_over(
    browser_thread: BrowserThread, address: str, refusal: int | None = None
) -> Watch:
    watch = Watch()
    if refusal is not None:
        watch.expect_refusal(refusal)
    with browser_thread.browser.new_context() as context:
        watch.put_on(context)
        page = context.new_page()
        page.goto(address, wait_until="load")
        page.evaluate("0")
    return watch
