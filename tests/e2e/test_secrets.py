"""What proves a login stays where no script, no history and no reader finds it."""

import json

import pytest

from tests.e2e.conftest import NewVisitor
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("browser_thread")]

EVERYTHING_A_SCRIPT_SEES = """() => JSON.stringify([
  document.cookie, {...localStorage}, {...sessionStorage}, location.href,
  document.referrer, document.documentElement.outerHTML, history.state, window.name,
])"""


def test_no_page_shows_what_proves_the_login(new_visitor: NewVisitor) -> None:
    """One injected script would carry it away; so would a screenshot or a log."""
    visitor, known = new_visitor(), set[str]()
    asked: list[str] = []
    visitor.context.on("request", lambda request: asked.append(request.url))
    visitor.log_in()
    for page in _pages(visitor):
        visitor.open(page)
        known |= set(visitor.credentials().values())

        seen = visitor.page.evaluate(EVERYTHING_A_SCRIPT_SEES)

        assert "csrf" in seen, "it sees what there is to see"
        shown = json.dumps([seen, asked])
        assert [secret for secret in known if secret in shown] == []
    assert len(known) >= 1


def _pages(visitor: Visitor) -> list[str]:
    own = ["login/", "account/reauth/", "account/sessions/"]
    return [f"{visitor.home}/{page}" for page in own]
