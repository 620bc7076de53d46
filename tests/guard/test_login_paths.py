"""Every way in asks the same questions: is the user active, who proves, who guesses."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import override_settings

from tests.contracts.visitor import PASSWORD
from tests.guard.ways import LOGINS, Device, Way

HERE = __name__
DJANGOS = "django.contrib.auth.backends.ModelBackend"

pytestmark = pytest.mark.requirement("LGN-07")


class Bouncer:
    """Lets nobody past, as axes does with who guesses."""

    def authenticate(self, request: HttpRequest, **credentials: str) -> None:
        assert request is not None
        raise PermissionDenied


class Passphrase(ModelBackend):
    """Proves users by something else."""

    def authenticate(
        self, request: HttpRequest, username: str = "", password: str = "", **_: str
    ) -> User | None:
        user = User.objects.get_by_natural_key(username)
        return user if password == "open sesame" else None


def test_right_password_gets_in(alice: User, way: Way) -> None:
    """What follows is about refusals: the same steps must lead in without a reason."""
    assert Device(way).gets_in()


def test_inactive_user_is_refused(alice: User, way: Way) -> None:
    """A deactivated account has no way in that somebody forgot."""
    device = Device(way)
    User.objects.update(is_active=False)

    assert not device.gets_in()


def test_backend_that_refuses_is_heard_and_given_the_request(
    alice: User, way: Way
) -> None:
    """Lock-outs and network rules are such backends; they look at the request."""
    device = Device(way)
    with override_settings(AUTHENTICATION_BACKENDS=[f"{HERE}.Bouncer", DJANGOS]):
        assert not device.gets_in()


def test_backend_of_the_project_proves_users(alice: User, way: Way) -> None:
    """No way in compares passwords on its own."""
    device = Device(way)
    with override_settings(AUTHENTICATION_BACKENDS=[DJANGOS, f"{HERE}.Passphrase"]):
        assert device.gets_in("open sesame")


def test_sixth_guess_is_refused_though_right(
    guarded: None, alice: User, way: Way
) -> None:
    """Who has guessed five times in vain has to wait, whichever way he takes."""
    device = Device(way)
    wrong = [device.tries(f"wrong-{i}").status_code for i in range(5)]

    assert 429 not in wrong
    assert device.tries(PASSWORD).status_code == 429


@pytest.mark.requirement("LGN-09")
@pytest.mark.parametrize("way", [way for way in LOGINS if not way.is_page], ids=str)
def test_body_that_names_a_grant_is_refused(alice: User, way: Way) -> None:
    """A client of OAuth's forbidden grant must not find that it works (RFC 9700 §2.4).

    The password is not even looked at.
    """
    answer = Device(way).tries(PASSWORD, grant_type="password")

    assert answer.status_code == 400
    assert answer.json() == {"grant_type": ["This is no OAuth token endpoint."]}
    assert not answer.cookies.keys() & set(way.scheme.credentials)
