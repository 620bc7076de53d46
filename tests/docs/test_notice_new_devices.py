"""The how-to on new devices, run as a reader would run it, against both apps."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from jwtauth.signals import token_issued
from sessionauth.signals import session_opened

PAGE = Path(__file__).parents[2] / "docs/how-to/notice-new-devices.md"
MAIL, JWT, SESSION = re.findall(
    r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
)
PASSWORD = "correct horse"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
KIND = "application/json"

Login: TypeAlias = Callable[[str], Any]


@pytest.fixture
def project(transactional_db: None) -> Iterator[dict[str, Any]]:
    """A project that has copied all code of the page, and its user."""
    names: dict[str, Any] = {"__name__": "shop"}
    exec(MAIL + JWT + SESSION, names)  # noqa: S102 # our own page
    User.objects.create_user("alice", "alice@example.com", PASSWORD)
    yield names
    assert token_issued.disconnect(names["tell_of_login"])
    assert session_opened.disconnect(names["tell_of_session"])


@pytest.fixture(params=["/jwt/auth/token/", "/session/auth/session/"])
def log_in(request: pytest.FixtureRequest, project: dict[str, Any]) -> Login:
    """Log in to one of the apps with a browser of that name; return its answer."""

    def log_in(user_agent: str, password: str = PASSWORD) -> Any:  # noqa: ANN401 # an answer
        body = {"username": "alice", "password": password}
        client = Client(headers={"user-agent": user_agent})
        return client.post(request.param, body, content_type=KIND, secure=True)

    return log_in


@pytest.mark.requirement("LST-06")
class TestNewDevice:
    def test_new_device_is_mailed_once_and_an_update_of_it_is_none(
        self, log_in: Login
    ) -> None:
        """Mails about what everybody knows would soon be read by nobody."""
        for user_agent in (FIREFOX.format(145), FIREFOX.format(146), CHROME, CHROME):
            assert log_in(user_agent).status_code == 200

        assert [message.to for message in mail.outbox] == [["alice@example.com"]] * 2
        first, second = (message.body for message in mail.outbox)
        assert "Firefox on Linux, 127.0.0.1." in first
        assert "Chrome on Windows, 127.0.0.1." in second

    def test_refused_login_is_mailed_to_nobody(self, log_in: Login) -> None:
        """Else anybody could fill a mailbox."""
        assert log_in(FIREFOX.format(145), password="wrong").status_code == 401

        assert mail.outbox == []

    def test_mail_that_fails_fails_no_login(
        self, log_in: Login, project: dict[str, Any]
    ) -> None:
        """The user is there, whatever the mail server is."""

        def fail(*_: object) -> None:
            raise OSError("connection refused")

        project["send_mail"] = fail

        assert log_in(CHROME).status_code == 200
