"""The code of the how-to on logins in the admin, run as a reader would run it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core import checks

from jwtauth.admin import TokenFamilyUserAdminMixin

PAGE = Path(__file__).parents[2] / "docs/how-to/manage-logins.md"
PERMISSIONS, USER_ADMIN = re.findall(
    r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
)


@pytest.mark.django_db
def test_how_to_permissions_let_the_group_look_and_end() -> None:
    """A misspelled codename would give nothing, and say nothing."""
    exec(PERMISSIONS, {})  # noqa: S102 # our own page

    names = Group.objects.get().permissions.values_list("codename", flat=True)
    assert set(names) == {"view_tokenfamily", "revoke_tokenfamily"}


@pytest.fixture
def registry() -> Iterator[None]:
    """Let the site be as it was afterwards."""
    kept = dict(admin.site._registry)
    yield
    admin.site._registry.clear()
    admin.site._registry.update(kept)


@pytest.mark.usefixtures("registry")
def test_how_to_user_admin_takes_the_place_of_djangos() -> None:
    """It is what a project copies; Django's checks must like it."""
    code: dict[str, Any] = {"__name__": "project.admin"}

    exec(USER_ADMIN, code)  # noqa: S102 # our own page

    registered = admin.site.get_model_admin(User)
    assert type(registered) is code["UserAdmin"]
    assert isinstance(registered, TokenFamilyUserAdminMixin)
    assert checks.run_checks(tags=[checks.Tags.admin]) == []
