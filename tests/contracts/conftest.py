"""Fixtures of the tests that both apps must pass."""

import pytest
from django.contrib.auth.models import User

from tests.contracts.visitor import PASSWORD, SCHEMES, Scheme, Visitor


@pytest.fixture(params=SCHEMES, ids=str)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    """Each of the two apps in turn."""
    found: Scheme = request.param
    return found


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def bob(alice: User) -> User:
    return User.objects.create_user("bob", password=PASSWORD)


@pytest.fixture
def visitor(alice: User, scheme: Scheme) -> Visitor:
    """Alice's browser, logged in."""
    visitor = Visitor(scheme)
    visitor.log_in()
    return visitor


@pytest.fixture
def stranger(scheme: Scheme) -> Visitor:
    """A browser that was never here."""
    return Visitor(scheme)
