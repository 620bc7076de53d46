"""Plain HTTP with a kept connection and a cookie jar: who talks to a demo server."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlencode

TIMEOUT_SECONDS = 10.0
LONGEST_IDLE_SECONDS = 10.0
"""The demo's web server ends a connection that has been silent for 30 s."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    set_cookies: Sequence[str] = ()
    """The lines of ``Set-Cookie``, of which ``headers`` has the last alone."""

    def text(self, name: str) -> str:
        """Return one member of the JSON body, as text.

        Raises:
            KeyError: The body has no such member.
        """
        return str(json.loads(self.content)[name])


class Caller(Protocol):
    """Somebody who sends requests and keeps the cookies that come back."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the next request carries."""

    def add_cookies(self, cookies: Mapping[str, str]) -> None:
        """Carry these cookies too, wherever they came from."""

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, with ``body`` as JSON or ``form`` as a form, if given."""


class PassingCaller:
    """Sends through another caller; what it sees on the way is for its heirs."""

    def __init__(self, caller: Caller) -> None:
        """Send through ``caller``, with the cookies that it keeps."""
        self._caller = caller

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the next request carries."""
        return self._caller.cookies

    def add_cookies(self, cookies: Mapping[str, str]) -> None:
        """Carry these cookies too."""
        self._caller.add_cookies(cookies)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request as it is."""
        return self._caller.send(method, path, body=body, form=form, headers=headers)


class HttpCaller:
    """A caller over one kept connection to a server on this machine.

    Cookies are kept by name alone: there is one host and every path is ``/``.
    """

    def __init__(self, port: int, *, device: str) -> None:
        """Prepare for 127.0.0.1:``port``; ``device`` becomes the User-Agent."""
        self._cookies: dict[str, str] = {}
        self._device = device
        self._connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._used_at = time.monotonic()

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the next request carries."""
        return self._cookies

    def add_cookies(self, cookies: Mapping[str, str]) -> None:
        """Carry these cookies too."""
        self._cookies.update(cookies)

    def __enter__(self) -> Self:
        """Connect with the first request."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._connection.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request over the kept connection.

        Raises:
            OSError: Nobody listens, or nothing came within the timeout.
        """
        kind, content = encoded(body, form)
        sent = {"User-Agent": self._device, **self._cookie_header(), **(headers or {})}
        if content is not None:
            sent["Content-Type"] = kind
        self._leave_an_idle_connection()
        response, received = self._exchange(method, path, content, sent)
        set_cookies = response.headers.get_all("Set-Cookie", [])
        self._keep_cookies(set_cookies)
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            content=received,
            set_cookies=set_cookies,
        )

    def _exchange(
        self, method: str, path: str, content: str | None, headers: Mapping[str, str]
    ) -> tuple[HTTPResponse, bytes]:
        try:
            is_kept = self._sent_whole(method, path, content, headers)
            response = self._connection.getresponse()
            received = response.read()
        except HTTPException as error:
            self._connection.close()
            raise ConnectionError(f"{method} {path}: {error!r}") from error
        # Who refuses may close without having read the body, a moment later.
        is_refused = content is not None and response.status >= HTTPStatus.BAD_REQUEST
        if is_refused or not is_kept:
            self._connection.close()
        return response, received

    def _sent_whole(
        self, method: str, path: str, content: str | None, headers: Mapping[str, str]
    ) -> bool:
        """Send, and tell whether the server took all of it.

        One that refuses need not read the body: it answers and closes the connection,
        and its answer is there to be read (RFC 9112 section 9.6).
        """
        try:
            self._connection.request(method, path, content, headers)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _leave_an_idle_connection(self) -> None:
        if time.monotonic() - self._used_at > LONGEST_IDLE_SECONDS:
            self._connection.close()  # The next request opens it again.
        self._used_at = time.monotonic()

    def _cookie_header(self) -> dict[str, str]:
        if not self._cookies:
            return {}
        pairs = (f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": "; ".join(pairs)}

    def _keep_cookies(self, lines: list[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                if morsel.value and morsel["max-age"] != "0":
                    self._cookies[name] = morsel.value
                else:
                    self._cookies.pop(name, None)


def encoded(
    body: Mapping[str, str] | None, form: Mapping[str, str] | None
) -> tuple[str, str | None]:
    """Return the type and the text of what a request carries; None for nothing."""
    if form is not None:
        return "application/x-www-form-urlencoded", urlencode(form)
    return "application/json", None if body is None else json.dumps(body)
