"""Two tabs of one browser that ask at the same moment."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.conftest import NewVisitor
from tests.e2e.visitor import LOGGED_IN_HERE

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("browser_thread")]


def test_both_stay_logged_in_when_they_refresh_at_once(new_visitor: NewVisitor) -> None:
    """Rotation for single use would take the slower tab for a thief's."""
    visitor = new_visitor()
    visitor.log_in()
    tabs = [visitor.page, visitor.context.new_page()]
    tabs[1].goto(visitor.login_page)
    before = visitor.credentials()
    visitor.lose_access_token()

    sent = _load_at_once(tabs, visitor.account_page)

    for tab in tabs:
        heading = tab.get_by_role("heading", level=1)
        assert heading.inner_text() == LOGGED_IN_HERE
    proof = {k: v for k, v in before.items() if "access-token" not in k}
    assert proof.items() <= sent[0].items(), "each came with the old cookie"
    assert proof.items() <= sent[1].items(), "each came with the old cookie"
    assert visitor.is_logged_in()


def _load_at_once(tabs: list[Page], address: str) -> list[dict[str, str]]:
    """Send the tabs' requests together; return the cookies that each carried."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)
        if len(waiting) == len(tabs):
            for each in waiting:
                each.continue_()

    with ExitStack() as stack:
        answers = []
        for number, tab in enumerate(tabs):
            # Two addresses: for the same one, the second waits for the first's answer.
            tab.route(f"**/*tab={number}", hold)
            answers.append(stack.enter_context(tab.expect_navigation()))
            go = f"setTimeout(() => location.href = '{address}?tab={number}')"
            tab.evaluate(go)
    return [_cookies(answer.value.request.all_headers()) for answer in answers]


def _cookies(headers: dict[str, str]) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in headers["cookie"].split("; "))
    return {name: value for name, _, value in pairs}
