"""Fixtures of the guard against guessing: the settings of the how-to."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from tests.contracts.visitor import PASSWORD
from tests.guard.settings_block import guard
from tests.guard.ways import WAYS, Way


@contextmanager
def guarded_login() -> Iterator[None]:
    """Turn the guard on."""
    with override_settings(**guard()):
        yield


@pytest.fixture
def guarded() -> Iterator[None]:
    """Have the guard on."""
    with guarded_login():
        yield


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    """Each way in, in turn."""
    found: Way = request.param
    return found


@pytest.fixture
def alice(transactional_db: None) -> User:
    """Somebody who may use every way in."""
    return User.objects.create_superuser("alice", password=PASSWORD)
