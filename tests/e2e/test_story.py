"""From login to logout, as a browser sees it, on every Django (``make matrix``).

The one test of this directory that is not slow.
"""

import pytest

from tests.e2e.conftest import NewVisitor


@pytest.mark.usefixtures("browser_thread")
def test_login_leads_where_it_was_asked_for_and_logout_ends_it(
    new_visitor: NewVisitor,
) -> None:
    """Whoever is sent to the form must come back from it, until they leave."""
    visitor = new_visitor()
    visitor.log_in()
    assert visitor.page.url == visitor.account_page
    assert visitor.credentials()

    visitor.press("Log out here")

    assert not visitor.credentials()
    assert not visitor.is_logged_in()
