"""The code of the how-to on sessions in the admin, run as a reader would run it."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from sessionauth.admin.active_sessions import ActiveSessionAdmin
from sessionauth.admin.acts import ACTS

PAGE = (Path(__file__).parents[2] / "docs/how-to/manage-sessions.md").read_text("utf-8")
(PERMISSIONS,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.django_db
def test_how_to_permissions_let_the_group_look_and_end() -> None:
    """A misspelled codename would give nothing, and say nothing."""
    exec(PERMISSIONS, {})  # noqa: S102 # our own page

    names = Group.objects.get().permissions.values_list("codename", flat=True)
    assert set(names) == {"view_activesession", "revoke_activesession"}


def test_how_to_names_buttons_and_actions_as_the_admin_does() -> None:
    """Who reads the page looks for these words on the screen."""
    labels = {str(act.label) for act in ACTS.values()}
    labels |= {
        str(getattr(ActiveSessionAdmin, name).short_description)
        for name in ("end_selected", "end_all_of_users")
    }

    assert {label for label in labels if f'"{label}' not in PAGE} == set()
