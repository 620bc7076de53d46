"""jwtauth with users of another kind; run by ``test_custom_user.py``."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import Client

from jwtauth.models import RevocationReason, TokenFamily
from tests.custom_user.models import Colleague, Customer, Person
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller
from tests.jwtauth.conftest import age

NAME = "alice@example.com"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice() -> Person:
    """A user, and a customer."""
    alice = Customer(address=NAME)
    alice.set_password(PASSWORD)
    alice.save()
    return Person.objects.get()


@pytest.fixture
def tokens(alice: Person) -> dict[str, str]:
    """Her login, once used."""
    response = Caller().post("token/", {"address": NAME, "password": PASSWORD})
    assert response.status_code == 200, response.content
    assert Caller().me(response.json()["access"]).status_code == 200
    return response.json()


def bearing(access_token: str, method: str, path: str) -> HttpResponse:
    header = {"HTTP_AUTHORIZATION": f"Bearer {access_token}"}
    return Client().generic(method, PREFIX + path, **header)


def change(model: type[Person], **values: object) -> None:
    user = model.objects.get()
    for name, value in values.items():
        setattr(user, name, value)
    user.save()


def test_checks_find_nothing() -> None:
    """Such a model is no fault."""
    assert [m for m in run_checks() if (m.id or "").startswith("jwtauth")] == []


def test_login_knows_the_user_by_its_key(alice: Person, tokens: dict[str, str]) -> None:
    """The key is text in the claim, and a UUID again in the view."""
    response = Caller().me(tokens["access"])

    assert response.json() == {"id": str(alice.pk), "name": NAME}


def test_login_wrong_name_and_wrong_password_are_alike(alice: Person) -> None:
    """As with any other model."""
    answers = [
        Caller().post("token/", {"address": name, "password": password})
        for name, password in ((NAME, "wrong"), ("x@example.com", PASSWORD))
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_refresh_list_and_revoke_work(tokens: dict[str, str]) -> None:
    """The whole life of a login."""
    body = Caller().refreshed(tokens["refresh"])
    (row,) = bearing(body["access"], "GET", "sessions/").json()
    ended = bearing(body["access"], "DELETE", f"sessions/{row['handle']}/")

    assert row["current"]
    assert ended.status_code == 204
    assert Caller().me(body["access"]).status_code == 401


@pytest.mark.parametrize(("password", "status"), [(PASSWORD, 200), ("wrong", 403)])
def test_reauth_needs_no_name(
    tokens: dict[str, str], password: str, status: int
) -> None:
    """The name is the caller's, in whichever field."""
    response = Caller().post("reauth/", {"password": password}, bearer=tokens["access"])

    assert response.status_code == status


@pytest.mark.parametrize("model", [Person, Colleague])
def test_new_password_ends_the_login(
    tokens: dict[str, str], model: type[Person]
) -> None:
    """Whichever name the rows go by."""
    user = model.objects.get()
    user.set_password("another")
    user.save()

    assert TokenFamily.objects.get().revoked_reason == RevocationReason.PASSWORD_CHANGED
    assert Caller().me(tokens["access"]).status_code == 401


@pytest.mark.parametrize("model", [Person, Colleague, Customer])
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"is_active": False}, RevocationReason.USER_DEACTIVATED),
        ({"address": "bob@example.com"}, RevocationReason.ACCOUNT_CHANGED),
    ],
)
def test_change_ends_the_login(
    tokens: dict[str, str],
    model: type[Person],
    values: dict[str, object],
    reason: RevocationReason,
) -> None:
    """A user who inherits is a user."""
    change(model, **values)

    assert TokenFamily.objects.get().revoked_reason == reason


def test_change_of_what_a_child_adds_ends_nothing(tokens: dict[str, str]) -> None:
    """It is none of what a login stands for."""
    change(Customer, number=7)

    assert Caller().me(tokens["access"]).status_code == 200


@pytest.mark.parametrize("model", [Person, Colleague, Customer])
@pytest.mark.parametrize(
    "delete",
    [lambda rows: rows.delete(), lambda rows: rows.get().delete()],
    ids=["queryset", "object"],
)
def test_deletion_ends_the_login(
    tokens: dict[str, str], model: type[Person], delete: Callable[[object], None]
) -> None:
    """The row of the login stays, and says why."""
    delete(model.objects.all())

    assert TokenFamily.objects.get().revoked_reason == RevocationReason.USER_DELETED
    assert Caller().me(tokens["access"]).status_code == 401


def test_reuse_is_mailed_to_the_address_that_is_the_name(
    tokens: dict[str, str], settings: pytest.FixtureRequest
) -> None:
    """``EMAIL_FIELD`` says where the address is."""
    settings.JWTAUTH = {**settings.JWTAUTH, "MAIL_ON_REUSE": True}
    Caller().refreshed(Caller().refreshed(tokens["refresh"])["refresh"])
    age(timedelta(minutes=5))

    assert Caller().refresh(tokens["refresh"]).status_code == 401

    assert [message.to for message in mail.outbox] == [[NAME]]
