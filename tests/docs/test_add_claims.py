"""The code of the how-to on claims and scopes, run as a reader would run it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from jwtauth.authentication import JWTAuthentication
from jwtauth.conf import problems
from tests.jwtauth.caller import Caller

PAGE = Path(__file__).parents[2] / "docs/how-to/add-claims.md"
OF_USER, SETTINGS, GROUPS, BOTH, VIEW, ENCRYPTION = re.findall(
    r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
)


def run(code: str) -> dict[str, Any]:
    """Run a block of the page and return what it defines."""
    names: dict[str, Any] = {"__name__": "shop"}
    exec(code.replace("    ...,\n", "").replace("..., ", ""), names)  # noqa: S102 # our own page
    return names


def call(view: Any, method: str, access_token: str) -> Response:  # noqa: ANN401 # a class of the page's
    header = {"HTTP_AUTHORIZATION": f"Bearer {access_token}"}
    authenticated = view.as_view(authentication_classes=(JWTAuthentication,))
    response: Response = authenticated(
        APIRequestFactory().generic(method, "/", **header)
    )
    return response


def test_how_to_claims_and_scopes_reach_the_view(
    alice: User,
    caller: Caller,
    jwtauth_settings: Callable[..., None],
) -> None:
    """What is copied from the page works together."""
    listed = run(SETTINGS)["JWTAUTH"]
    jwtauth_settings(**{**listed, "CLAIMS": run(BOTH)["of_user"]})
    alice.groups.add(Group.objects.create(name="read"))
    view = run(VIEW)["ArticleView"]
    access = caller.login(alice)["access"]

    assert call(view, "GET", access).data == {"plan": "free"}
    assert call(view, "POST", access)["WWW-Authenticate"].endswith('scope="read write"')


@pytest.mark.django_db
def test_how_to_function_returns_what_it_lists() -> None:
    """A claim that isn't listed would be an error at the first login."""
    claims = run(OF_USER)["of_user"](User(is_staff=True), None)

    assert set(claims) == set(run(SETTINGS)["JWTAUTH"]["CLAIM_NAMES"])
    assert claims == {"plan": "gold"}


@pytest.mark.parametrize("block", [GROUPS, ENCRYPTION])
def test_how_to_settings_are_taken(
    block: str,
    jwtauth_settings: Callable[..., None],
) -> None:
    """A key that doesn't exist would stop the server at its start."""
    jwtauth_settings(**run(block)["JWTAUTH"])

    assert problems() == []
