"""What a whole GET costs in process, against the same view with nobody asked."""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.core.handlers.base import BaseHandler
from django.http import HttpResponseBase
from django.test import RequestFactory, override_settings

import jwtauth
from benchmarks.interleaved import time_against_each_other
from benchmarks.rows import Row
from benchmarks.session import log_in


def measure() -> Iterator[Row]:
    """Yield one row for each way to authenticate."""
    user = User.objects.create_user("caller")
    factory = RequestFactory()
    access_token = jwtauth.login(factory.post("/"), user).access_token
    cookie = f"{settings.SESSION_COOKIE_NAME}={log_in(user)}"
    bearer = {"Authorization": f"Bearer {access_token}"}
    yield _row("GET, jwt with denylist", "/jwt/", bearer, budget=1.8)
    with override_settings(JWTAUTH={**settings.JWTAUTH, "REVOCATION": "refresh_only"}):
        yield _row("GET, jwt refresh_only", "/jwt/", bearer, budget=1.25)
    yield _row("GET, session", "/session/", {"Cookie": cookie}, budget=2.0)


def _row(name: str, path: str, headers: dict[str, str], *, budget: float) -> Row:
    timings = time_against_each_other(
        {"public": _getter("/public/", {}), "guarded": _getter(path, headers)}
    )
    return Row.of(
        name,
        timings["guarded"],
        timings["public"],
        against="the same view, public",
        budget=budget,
    )


def _getter(path: str, headers: dict[str, str]) -> Callable[[], HttpResponseBase]:
    handler = BaseHandler()
    handler.load_middleware()
    factory = RequestFactory()

    def get() -> HttpResponseBase:
        response = handler.get_response(factory.get(path, headers=headers))
        if response.status_code != 200:  # noqa: PLR2004
            raise RuntimeError(f"{path} answered {response.status_code}")
        response.close()
        return response

    return get
