"""What must come out of each attack, whatever else changes."""

import pkgutil

import pytest
from django.contrib.auth.models import User

from demo_project import attacks
from demo_project.attacks import (
    stolen_refresh_token,
    stolen_refresh_token_early,
    stolen_session_id,
)
from demo_project.attacks.stage import Stage
from tests.demo_project.client_caller import ClientCaller

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("olivia", password="a-password-of-hers")


def _stage(owner: User, prefix: str) -> Stage:
    return Stage(
        username=owner.username,
        password="a-password-of-hers",
        open_device=ClientCaller,
        prefix=prefix,
    )


def test_stolen_refresh_token_used_late_ends_the_login(owner: User) -> None:
    """Two rotations behind nobody is honest: refuse, and end what was handed out."""
    steps = stolen_refresh_token.play(_stage(owner, "/jwt"))

    assert [str(step) for step in steps] == [
        "thief: refresh 401",
        "owner: refresh 401",
        "owner: call 401",
        "thief: call 401",
    ]


def test_stolen_refresh_token_used_early_ends_with_the_owners_next_refresh(
    owner: User,
) -> None:
    """A thief who looks like a lost answer is let in, but not past the owner."""
    steps = stolen_refresh_token_early.play(_stage(owner, "/jwt"))

    assert [str(step) for step in steps] == [
        "thief: refresh 200",
        "thief: call 200",
        "owner: refresh 401",
        "thief: refresh 401",
        "thief: call 401",
        "owner: call 401",
    ]


def test_stolen_session_id_works_until_the_owner_logs_out(owner: User) -> None:
    """Nothing tells a copied cookie from the original; the end is for both."""
    steps = stolen_session_id.play(_stage(owner, "/session"))

    assert [str(step) for step in steps] == [
        "thief: call 200",
        "owner: call 200",
        "owner: log out 204",
        "thief: call 401",
    ]


def test_every_attack_has_a_test() -> None:
    """A new file in attacks/ must say here what comes out of it."""
    names = {module.name for module in pkgutil.iter_modules(attacks.__path__)}

    assert names - {"stage"} == {
        "stolen_refresh_token",
        "stolen_refresh_token_early",
        "stolen_session_id",
    }
