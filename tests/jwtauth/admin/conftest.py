"""Fixtures of the admin's tests: people who may do more or less."""

from collections.abc import Callable
from copy import copy
from typing import TypeAlias
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jwtauth.models import TokenFamily
from tests.jwtauth.caller import Caller

Staff: TypeAlias = Callable[..., Client]
MANY = "/admin/jwtauth/tokenfamily/"


@pytest.fixture
def staff(transactional_db: None) -> Staff:
    """Log in a member of staff who has the permissions named."""

    def log_in(*codenames: str) -> Client:
        user = User.objects.create_user("operator", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def viewer(staff: Staff) -> Client:
    """Staff who may look at everything that the tests touch, and change nothing."""
    return staff("view_tokenfamily", "view_user")


@pytest.fixture
def revoker(staff: Staff) -> Client:
    """Staff who may end logins, and not change users."""
    return staff("view_tokenfamily", "revoke_tokenfamily", "view_user")


@pytest.fixture
def admin(transactional_db: None) -> Client:
    """A superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def family(alice: User, caller: Caller) -> TokenFamily:
    """A login of Alice's."""
    caller.login(alice)
    return TokenFamily.objects.get()


def one(family: TokenFamily, act: str = "change") -> str:
    """The address of a login's form, or of one of its buttons."""
    return f"{MANY}{family.pk}/{act}/"


def multiply(family: TokenFamily, by: int) -> list[TokenFamily]:
    """Write so many rows like one."""
    rows = [copy(family) for _ in range(by)]
    for row in rows:
        row.pk = uuid4()
    return TokenFamily.objects.bulk_create(rows)
