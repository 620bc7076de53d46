"""A login with each of our schemes: the header that a client would send."""

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

import jwtauth
import sessionauth
from demo_project.devices import BROWSER
from jwtauth.core.issued_tokens import IssuedTokens
from sessionauth.middleware import SessionMiddleware

Headers = dict[str, str]


def jwtauth_tokens(user: User) -> IssuedTokens:
    """Begin a login with jwtauth, from a browser with a name and an address."""
    return jwtauth.login(RequestFactory(HTTP_USER_AGENT=BROWSER).post("/"), user)


def jwtauth_headers(user: User) -> Headers:
    """Return the header that proves ``user`` to jwtauth."""
    return bearer(jwtauth_tokens(user).access_token)


def session_headers(user: User) -> Headers:
    """Return the cookie that proves ``user`` to sessionauth."""
    return session_cookie(session_key(user))


def session_cookie(key: str) -> Headers:
    """Return the cookie that shows a session's id, whichever engine has it."""
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"}


def session_key(user: User) -> str:
    """Log a user in with sessionauth and return the session's id."""

    def log_in(request: HttpRequest) -> HttpResponse:
        sessionauth.login(request, user)
        return HttpResponse()

    request = RequestFactory(HTTP_USER_AGENT=BROWSER).post("/")
    # Which tells the session from where the login comes.
    SessionMiddleware(log_in)(request)
    return str(request.session.session_key)


def bearer(token: str) -> Headers:
    """Return the header that shows a token."""
    return {"Authorization": f"Bearer {token}"}
