"""The demo's users: known passwords, so under DEBUG only, and never twice."""

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import override_settings

pytestmark = pytest.mark.django_db

with_debug = override_settings(DEBUG=True)


@with_debug
def test_seeding_creates_the_documented_people() -> None:
    """The welcome text and the home page name them."""
    call_command("seed_users", verbosity=0)

    assert set(User.objects.values_list("username", "is_staff", "is_superuser")) == {
        ("alice", False, False),
        ("bob", False, False),
        ("carol", True, False),
        ("admin", True, True),
    }
    assert all(user.check_password("tandem-demo") for user in User.objects.all())


@with_debug
def test_carol_may_look_and_nothing_else() -> None:
    """Viewing and revoking are separate rights; carol shows the smaller one."""
    call_command("seed_users", verbosity=0)

    allowed = User.objects.get(username="carol").get_all_permissions()

    assert allowed == {
        "jwtauth.view_tokenfamily",
        "sessionauth.view_activesession",
        "auth.view_user",
    }


@with_debug
def test_seeding_again_keeps_what_was_changed() -> None:
    """A second start of the demo must not undo what was tried in the first."""
    call_command("seed_users", verbosity=0)
    alice = User.objects.get(username="alice")
    alice.set_password("changed-by-alice")
    alice.save()
    User.objects.get(username="bob").delete()

    call_command("seed_users", verbosity=0)

    assert User.objects.get(username="alice").check_password("changed-by-alice")
    assert User.objects.filter(username="bob").exists()
    assert User.objects.count() == 4


def test_seeding_without_debug_is_refused() -> None:
    """Everybody knows these passwords."""
    with pytest.raises(CommandError, match="set DEMO_DEBUG=1"):
        call_command("seed_users", verbosity=0)

    assert not User.objects.exists()
    assert Permission.objects.filter(codename="view_tokenfamily").exists()
