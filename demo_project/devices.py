"""A device that logs in and calls the API, in either scheme, by the same names.

The comparison and the attacks are written against ``Device``, so that both schemes
go through the same steps.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol

from demo_project.http_caller import Answer, Caller

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
"""What a browser that people have says of itself; both apps keep a few words of it."""


class RequestFailedError(Exception):
    """A step that everything after it stands on didn't succeed."""


class Device(Protocol):
    """What both schemes can do."""

    def log_in(self, username: str, password: str) -> None:
        """Log in and keep the credential."""

    def call(self, path: str) -> Answer:
        """GET ``path`` of the API with the credential."""

    def post(self, path: str, body: Mapping[str, str]) -> Answer:
        """POST ``body`` to ``path`` of the API with the credential."""

    def log_out(self) -> Answer:
        """End this login."""

    def log_out_everywhere(self) -> Answer:
        """End every login of this user."""

    def copy_to(self, caller: Caller) -> "Device":
        """Return another device with the same credential, as a thief has it."""


class RefreshingDevice(Device, Protocol):
    """A device whose login has a refresh token."""

    def refresh(self) -> Answer:
        """Use the refresh token; keep what comes back, if anything does."""

    def copy_to(self, caller: Caller) -> "RefreshingDevice":
        """Return another device with the same tokens, as a thief has it."""


class JwtDevice:
    """A device that holds an access token and a refresh token."""

    def __init__(self, caller: Caller, prefix: str = "") -> None:
        """Call from ``caller``, below ``prefix``: ``/jwt``, or nothing."""
        self._caller = caller
        self._prefix = prefix
        self.access_token = ""
        self.refresh_token = ""
        self.expires_in = 0
        """How many seconds the access token was good for when it was issued."""

    def log_in(self, username: str, password: str) -> None:
        """Fetch the first pair of tokens."""
        body = {"username": username, "password": password}
        path = f"{self._prefix}/auth/token/"
        self._keep(_succeeded(self._caller.send("POST", path, body=body), path))

    def refresh(self) -> Answer:
        """Use the refresh token; keep what comes back, if anything does."""
        answer = self._caller.send(
            "POST",
            f"{self._prefix}/auth/token/refresh/",
            body={"refresh": self.refresh_token},
        )
        if answer.status == HTTPStatus.OK:
            self._keep(answer)
        return answer

    def call(self, path: str) -> Answer:
        """GET ``path`` of the API with the access token."""
        return self._caller.send(
            "GET",
            f"{self._prefix}/api/{path}",
            headers=self._authorization(),
        )

    def post(self, path: str, body: Mapping[str, str]) -> Answer:
        """POST ``body`` to ``path`` of the API with the access token."""
        path = f"{self._prefix}/api/{path}"
        return self._caller.send("POST", path, body=body, headers=self._authorization())

    def log_out(self) -> Answer:
        """Revoke the login by its access token."""
        path = f"{self._prefix}/auth/logout/"
        return self._caller.send("POST", path, headers=self._authorization())

    def log_out_everywhere(self) -> Answer:
        """Revoke every login of this user by the access token of this one."""
        path = f"{self._prefix}/auth/logout/all/"
        return self._caller.send("POST", path, headers=self._authorization())

    def copy_to(self, caller: Caller) -> "JwtDevice":
        """Return another device with the same tokens."""
        copy = JwtDevice(caller, self._prefix)
        copy.access_token = self.access_token
        copy.refresh_token = self.refresh_token
        copy.expires_in = self.expires_in
        return copy

    def _authorization(self) -> dict[str, str]:
        if not self.access_token:
            return {}
        return {"Authorization": f"Bearer {self.access_token}"}

    def _keep(self, answer: Answer) -> None:
        self.access_token = answer.text("access")
        self.refresh_token = answer.text("refresh")
        self.expires_in = int(answer.text("expires_in"))


class _CookieDevice:
    """A device whose credential is in its cookies, whatever it is."""

    def __init__(self, caller: Caller, prefix: str = "") -> None:
        """Call from ``caller``, below ``prefix``: ``/session``, or nothing."""
        self._caller = caller
        self._prefix = prefix

    def call(self, path: str) -> Answer:
        """GET ``path`` of the API with the cookies."""
        path = f"{self._prefix}/api/{path}"
        return self._caller.send("GET", path)

    def post(self, path: str, body: Mapping[str, str]) -> Answer:
        """POST ``body`` to ``path`` of the API with cookies and CSRF token."""
        return self._post(f"{self._prefix}/api/{path}", body)

    def log_out(self) -> Answer:
        """End the login."""
        return self._post(f"{self._prefix}/auth/logout/", {})

    def log_out_everywhere(self) -> Answer:
        """End every login of this user."""
        return self._post(f"{self._prefix}/auth/logout/all/", {})

    def _post(self, path: str, body: Mapping[str, str]) -> Answer:
        cookies = self._caller.cookies
        token = next((cookies[name] for name in cookies if "csrftoken" in name), "")
        headers = {"X-CSRFToken": token}
        return self._caller.send("POST", path, body=body, headers=headers)


class SessionDevice(_CookieDevice):
    """A device whose cookie names a session."""

    def log_in(self, username: str, password: str) -> None:
        """Start a session; its cookie and the CSRF token's come back."""
        body = {"username": username, "password": password}
        path = f"{self._prefix}/auth/session/"
        _succeeded(self._caller.send("POST", path, body=body), path)

    def copy_to(self, caller: Caller) -> "SessionDevice":
        """Return another device with the same cookies."""
        caller.add_cookies(self._caller.cookies)
        return SessionDevice(caller, self._prefix)


class JwtCookieDevice(_CookieDevice):
    """A device whose cookies are an access token and a refresh token."""

    def log_in(self, username: str, password: str) -> None:
        """Fetch a CSRF token, and with it the first pair of tokens."""
        path = f"{self._prefix}/auth/csrf/"
        _succeeded(self._caller.send("GET", path), path)
        body = {"username": username, "password": password, "delivery": "cookie"}
        path = f"{self._prefix}/auth/token/"
        _succeeded(self._post(path, body), path)

    def refresh(self) -> Answer:
        """Use the refresh token; what comes back replaces the cookies."""
        return self._post(f"{self._prefix}/auth/token/refresh/", {})

    def copy_to(self, caller: Caller) -> "JwtCookieDevice":
        """Return another device with the same cookies."""
        caller.add_cookies(self._caller.cookies)
        return JwtCookieDevice(caller, self._prefix)


def require_ok(answer: Answer, path: str) -> Answer:
    """Return the answer if it is a 200.

    Raises:
        RequestFailedError: It is another one.
    """
    if answer.status != HTTPStatus.OK:
        raise RequestFailedError(f"{path} answered {answer.status}.")
    return answer


def _succeeded(answer: Answer, path: str) -> Answer:
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise RequestFailedError(f"{path} answered {answer.status}.")
    return answer
