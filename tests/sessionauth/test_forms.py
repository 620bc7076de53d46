"""What the login form asks of a name before a backend does."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.sessionauth.conftest import PASSWORD


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user model whose users log in by a number."""
    monkeypatch.setattr(User, "USERNAME_FIELD", "id")


@pytest.mark.usefixtures("numbers", "alice")
class TestName:
    def test_name_that_is_no_number_gets_the_form_again(self) -> None:
        """The database would choke on it, and a crash tells more than a refusal."""
        form = {"username": "alice", "password": PASSWORD}

        answer = Client().post("/auth/login/", form, secure=True)

        assert answer.status_code == 200
        assert b'role="alert"' in answer.content

    def test_name_that_is_no_number_is_401_in_json(self) -> None:
        """As every name that nobody has."""
        answer = Client().post(
            "/auth/session/",
            {"id": "alice", "password": PASSWORD},
            content_type="application/json",
            secure=True,
        )

        assert answer.status_code == 401

    def test_name_that_is_a_number_logs_in(self, alice: User) -> None:
        """The guard is in nobody's way."""
        form = {"username": str(alice.pk), "password": PASSWORD}

        assert Client().post("/auth/login/", form, secure=True).status_code == 302
