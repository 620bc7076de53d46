"""A browser at the jwt endpoints and pages: a cookie jar, https, and the CSRF token."""

from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from tests.jwtauth.caller import PASSWORD, PREFIX

ACCESS = "__Host-access-token"
REFRESH = "__Host-refresh-token"
CSRF = "csrftoken"
ORIGIN = "https://testserver"


class Browser:
    """Keeps cookies as a browser does; its scripts send the CSRF token."""

    def __init__(self, user_agent: str = "Browser/1.0") -> None:
        self._client = Client(
            enforce_csrf_checks=True,
            raise_request_exception=False,
            HTTP_USER_AGENT=user_agent,
        )

    def copy(self) -> "Browser":
        """Another browser with the same cookies: another tab, or a thief."""
        other = Browser()
        for name, morsel in self._client.cookies.items():
            other.keep(name, morsel.value)
        return other

    def get(self, path: str, **headers: str) -> HttpResponse:
        """Follow a link within the site."""
        return self._kept(self._client.get(path, secure=True, **headers))

    def post(
        self, path: str, body: object = None, *, csrf: str | None = None, **headers: str
    ) -> HttpResponse:
        """POST JSON from a script of the site, which knows the CSRF token."""
        token = self.cookie(CSRF) if csrf is None else csrf
        sent = {"HTTP_ORIGIN": ORIGIN, "HTTP_X_CSRFTOKEN": token, **headers}
        return self._kept(
            self._client.post(
                path,
                {} if body is None else body,
                content_type="application/json",
                secure=True,
                **sent,
            )
        )

    def post_form(
        self, path: str, *, origin: str = ORIGIN, **fields: str
    ) -> HttpResponse:
        """POST a form of a page, of the site unless told otherwise."""
        return self._kept(
            self._client.post(
                path,
                {"csrfmiddlewaretoken": self.cookie(CSRF), **fields},
                secure=True,
                HTTP_ORIGIN=origin,
                HTTP_ACCEPT="text/html,application/xhtml+xml,*/*;q=0.8",
            )
        )

    def log_in_by_page(self, user: User, **fields: str) -> HttpResponse:
        """Open the login page, and submit its form."""
        assert self.get(f"{PREFIX}login/").status_code == 200
        body = {"username": user.get_username(), "password": PASSWORD, **fields}
        return self.post_form(f"{PREFIX}login/", **body)

    def delete(self, path: str, *, csrf: str | None = None) -> HttpResponse:
        """DELETE from a script of the site, which knows the CSRF token."""
        token = self.cookie(CSRF) if csrf is None else csrf
        sent = {"HTTP_ORIGIN": ORIGIN, "HTTP_X_CSRFTOKEN": token}
        return self._kept(self._client.delete(path, secure=True, **sent))

    def login(self, user: User) -> HttpResponse:
        """Log in by cookie, as a script does that has asked for a CSRF token."""
        response = self.try_login(user)
        assert response.status_code == 200, response.content
        return response

    def try_login(self, user: User) -> HttpResponse:
        """Log in by cookie, if the server lets one."""
        assert self.get(f"{PREFIX}csrf/").status_code == 200
        body = {"username": user.username, "password": PASSWORD, "delivery": "cookie"}
        return self.post(f"{PREFIX}token/", body)

    def refresh(self, **headers: str) -> HttpResponse:
        """Ask for new cookies."""
        return self.post(f"{PREFIX}token/refresh/", **headers)

    def me(self) -> HttpResponse:
        """Call the API."""
        return self.get("/jwt/api/me/")

    def cookie(self, name: str) -> str:
        """Return the value of a cookie, or an empty string."""
        morsel = self._client.cookies.get(name)
        return "" if morsel is None else morsel.value

    def keep(self, name: str, value: str) -> None:
        """Put a cookie into the jar, as a page on the host could."""
        self._client.cookies[name] = value

    def drop(self, *names: str) -> None:
        """Take cookies out of the jar."""
        for name in names:
            self._client.cookies.pop(name, None)

    def _kept(self, response: HttpResponse) -> HttpResponse:
        """Forget what the answer deletes; Django's client would send it back, empty."""
        for name, morsel in response.cookies.items():
            if morsel["max-age"] == 0:
                self.drop(name)
        return response

    @property
    def credentials(self) -> dict[str, str]:
        """The two credential cookies that the jar holds."""
        return {
            name: value for name in (ACCESS, REFRESH) if (value := self.cookie(name))
        }


def attributes(response: HttpResponse, name: str) -> dict[str, Any]:
    """Return the attributes of a cookie that a response sets."""
    morsel = response.cookies[name]
    return {key: value for key, value in morsel.items() if value != ""}


def get_with_cookies(path: str, *pairs: tuple[str, str]) -> HttpResponse:
    """GET with a Cookie header of the test's own making, in its order."""
    header = "; ".join(f"{name}={value}" for name, value in pairs)
    return Client().get(path, secure=True, HTTP_COOKIE=header)


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
