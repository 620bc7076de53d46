"""A login with each peer: the header that a client would send."""

from django.contrib.auth.models import User
from knox.models import AuthToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from benchmarks.credentials import Headers, bearer


def simplejwt_headers(user: User) -> Headers:
    """Return the header that proves ``user`` to simplejwt, stateless or not."""
    return bearer(str(AccessToken.for_user(user)))


def simplejwt_refresh_token(user: User) -> str:
    """Return a refresh token of simplejwt; it is on record in the database."""
    return str(RefreshToken.for_user(user))


def knox_headers(user: User) -> Headers:
    """Return the header that proves ``user`` to knox."""
    _, token = AuthToken.objects.create(user)
    return {"Authorization": f"Token {token}"}
