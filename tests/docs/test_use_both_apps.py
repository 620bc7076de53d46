"""docs/how-to/use-both-apps.md: its middleware, in a project that has both apps."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.contracts.visitor import PASSWORD, SESSION, Visitor

PAGE = Path(__file__).parents[2] / "docs/how-to/use-both-apps.md"
(MIDDLEWARE,) = re.findall(
    r"```python\n(# project/middleware\.py\n.*?)```", PAGE.read_text("utf-8"), re.DOTALL
)
OURS = "jwtauth.middleware.JWTAuthenticationMiddleware"
THEIRS = "project_of_both.TokensUnderTheirPrefix"


def _lists_sessions(settings: Settings, middleware: str) -> bool:
    """Log in by a session and open the page of sessions, under this middleware."""
    settings.MIDDLEWARE = [
        middleware if "JWTPrefix" in name else name for name in settings.MIDDLEWARE
    ]
    visitor = Visitor(SESSION)
    visitor.log_in()
    page = visitor.call("get", "auth/account/sessions/", HTTP_ACCEPT="text/html")
    return page.status_code == 200


@pytest.mark.usefixtures("alice")
class TestMiddleware:
    def test_pages_of_sessions_have_their_user(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each side names the user on its own paths."""
        module = ModuleType("project_of_both")
        exec(MIDDLEWARE, module.__dict__)  # noqa: S102 # our own page
        monkeypatch.setitem(sys.modules, "project_of_both", module)

        assert _lists_sessions(settings, THEIRS)

    def test_without_it_they_have_none(self, settings: Settings) -> None:
        """Else the page above would be about nothing."""
        assert not _lists_sessions(settings, OURS)


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password=PASSWORD)
