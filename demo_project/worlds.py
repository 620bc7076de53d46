"""The two schemes as one browser sees them: each is asked apart who is logged in."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

from django.http import HttpRequest
from django.urls import reverse
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from demo_project.schemes import SCHEMES, Scheme
from jwtauth.authentication import JWTAuthentication
from jwtauth.conf import get_settings


class Standing(Enum):
    """What a scheme says of this browser."""

    NOBODY = "nobody"
    LOGGED_IN = "logged in"
    TO_BE_RENEWED = "to be renewed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class World:
    """One scheme, and who is logged in there; its name leads to its URLs."""

    scheme: Scheme
    is_on: bool
    standing: Standing
    username: str = ""

    @property
    def login(self) -> str:
        """Return where to log in."""
        return reverse(f"{self.scheme.name}:login")

    @property
    def account_sessions(self) -> str:
        """Return where its logins are listed."""
        return reverse(f"{self.scheme.name}:account_sessions")

    @property
    def logout(self) -> str:
        """Return where a form logs out."""
        return reverse(f"{self.scheme.name}:logout")

    @property
    def me(self) -> str:
        """Return where the API says who is calling."""
        return reverse(f"{self.scheme.name}-api:me")


def worlds_of(request: HttpRequest, *, chosen: Scheme) -> list[World]:
    """Return both schemes in their fixed order, as the browser of ``request`` is known.

    Sessions that can't be read make the answer a 503, whatever a page makes of it.
    """
    found = {name: ask(request) for name, ask in _QUESTIONS.items()}
    return [
        World(
            scheme=scheme,
            is_on=scheme == chosen,
            standing=found[name][0],
            username=found[name][1],
        )
        for name, scheme in SCHEMES.items()
    ]


def _session_user(request: HttpRequest) -> tuple[Standing, str]:
    if not request.user.is_authenticated:
        return Standing.NOBODY, ""
    return Standing.LOGGED_IN, request.user.get_username()


def _token_user(request: HttpRequest) -> tuple[Standing, str]:
    """Ask as the API does: the home page itself is no page of the jwt scheme."""
    try:
        proved = JWTAuthentication().authenticate(Request(request))
        if proved is None:
            return _without_access_token(request), ""
        # Reading the name reads the row, and may refuse as well.
        return Standing.LOGGED_IN, proved[0].get_username()
    except APIException as refusal:
        if refusal.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            return Standing.UNKNOWN, ""
        return _without_access_token(request), ""


def _without_access_token(request: HttpRequest) -> Standing:
    """A refresh token may still buy one, at the next page of the jwt scheme."""
    has_refresh_token = get_settings().refresh_cookie_name in request.COOKIES
    return Standing.TO_BE_RENEWED if has_refresh_token else Standing.NOBODY


_QUESTIONS: dict[str, Callable[[HttpRequest], tuple[Standing, str]]] = {
    "jwt": _token_user,
    "session": _session_user,
}
