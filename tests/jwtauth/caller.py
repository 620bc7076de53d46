"""A client of the jwt endpoints, as an application's front end would be one."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import jwt
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

PREFIX = "/jwt/auth/"
PASSWORD = "correct horse battery staple"


class Caller:
    """Calls the endpoints; holds no state but the browser that it says it is."""

    def __init__(self, user_agent: str = "Owner/1.0") -> None:
        self._client = Client(HTTP_USER_AGENT=user_agent, raise_request_exception=False)

    def post(self, path: str, body: object = None, *, bearer: str = "") -> HttpResponse:
        """POST a JSON body to an endpoint of jwtauth."""
        return self._client.post(
            PREFIX + path,
            {} if body is None else body,
            content_type="application/json",
            **self._header(bearer),
        )

    def login(self, user: User) -> dict[str, Any]:
        """Log in and return the body."""
        body = {"username": user.username, "password": PASSWORD}
        response = self.post("token/", body)
        assert response.status_code == 200, response.content
        return response.json()

    def used_login(self, user: User) -> dict[str, Any]:
        """Log in and call the API once: its shard of the denylist is filled now.

        A shard that is not yet filled would hide an entry that was never written.
        """
        body = self.login(user)
        assert self.me(body["access"]).status_code == 200
        return body

    def refresh(self, refresh_token: str) -> HttpResponse:
        """Present a refresh token."""
        return self.post("token/refresh/", {"refresh": refresh_token})

    def refreshed(self, refresh_token: str) -> dict[str, Any]:
        """Present a refresh token that must count, and return the body."""
        response = self.refresh(refresh_token)
        assert response.status_code == 200, response.content
        return response.json()

    def me(self, access_token: str) -> HttpResponse:
        """Call the API with an access token."""
        return self._client.get("/jwt/api/me/", **self._header(access_token))

    def logout(self, access_token: str) -> HttpResponse:
        """End the login of an access token."""
        return self.post("logout/", bearer=access_token)

    @staticmethod
    def _header(bearer: str) -> dict[str, str]:
        return {"HTTP_AUTHORIZATION": f"Bearer {bearer}"} if bearer else {}


def unverified_claims(access_token: str) -> dict[str, Any]:
    """Return what an access token says, whoever signed it."""
    claims: dict[str, Any] = jwt.decode(
        access_token, options={"verify_signature": False}
    )
    return claims


def statuses_of(responses: Iterable[HttpResponse]) -> Counter[int]:
    """Count answers by their status."""
    return Counter(response.status_code for response in responses)
