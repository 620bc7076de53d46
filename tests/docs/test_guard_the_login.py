"""The how-to that guards the login: its settings are the demo's, its code runs.

What the guard does with these settings is tested in ``tests/guard``.
"""

import ast
import re

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from tests.contracts.visitor import PASSWORD
from tests.guard.conftest import guarded
from tests.guard.settings_block import CHECKOUT, PAGE, SETTINGS, UNLOCKING
from tests.guard.ways import LOGINS, Device

__all__ = ["guarded"]


def assigned(source: str) -> dict[str, str]:
    """Return the settings that a module assigns, or extends, by name."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AugAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found[ast.unparse(target)] = ast.unparse(node.value)
    return found


def test_settings_of_the_page_are_those_of_the_demo() -> None:
    """The demo shows that they work; a copy could fall behind."""
    page = assigned(SETTINGS.replace("mysite", "demo_project"))
    demo = assigned((CHECKOUT / "demo_project/settings.py").read_text("utf-8"))

    ours = {k: v for k, v in demo.items() if k.startswith("AXES_") or k in page}
    assert page == ours
    assert len(page) > 10


def test_module_to_be_copied_needs_nothing_of_the_demo() -> None:
    """The page says so."""
    source = (CHECKOUT / "demo_project/lockout.py").read_text("utf-8")
    imported = {
        node.module for node in ast.walk(ast.parse(source)) if hasattr(node, "module")
    }

    assert not {name for name in imported if str(name).startswith("demo_project")}


def test_template_of_the_page_says_how_long() -> None:
    """Whoever copies it must not show an empty page."""
    (template,) = re.findall(r"```html\n(.*?)```", PAGE, re.DOTALL)

    page = Template(template).render(Context({"minutes": 2}))

    assert "Try again in 2 minutes." in page


@pytest.mark.requirement("LGN-01")
@pytest.mark.usefixtures("guarded", "transactional_db")
def test_password_reset_of_the_page_unlocks() -> None:
    """Who can read the mail is the owner, wherever she is."""
    alice = User.objects.create_user("Alice", password=PASSWORD)
    names: dict[str, type] = {}
    exec(UNLOCKING, names)  # noqa: S102 # our own page
    device = Device(LOGINS[0])
    while device.tries("wrong", "Alice").status_code != 429:
        pass

    request = RequestFactory().post(
        "/",
        {"new_password1": "a new one of hers", "new_password2": "a new one of hers"},
    )
    uid = urlsafe_base64_encode(force_bytes(alice.pk))
    token = default_token_generator.make_token(alice)
    request.session = {"_password_reset_token": token}
    view = names["UnlockingResetView"].as_view(success_url="/")
    response = view(request, uidb64=uid, token="set-password")

    assert response.status_code == 302
    assert device.gets_in("a new one of hers", "Alice")


@pytest.mark.requirement("LGN-09")
@pytest.mark.parametrize(
    "page",
    [
        "reference/jwtauth.md",
        "reference/sessionauth.md",
        "how-to/guard-the-login.md",
    ],
)
def test_json_login_is_documented_as_no_oauth_grant(page: str) -> None:
    """Who takes it for one would hand users' passwords to third parties."""
    text = (CHECKOUT / "docs" / page).read_text("utf-8")

    assert "first-party" in text
    assert "RFC 9700 §2.4" in text
    assert "`grant_type` is refused" in text
