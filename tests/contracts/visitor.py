"""A browser at either app: a cookie jar, https, and the CSRF token."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.test import Client

PASSWORD = "correct horse battery staple"
ORIGIN = "https://testserver"
CSRF = "csrftoken"


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """What a visitor must know of an app, as the demo mounts it."""

    name: str
    login: str
    credentials: tuple[str, ...]
    """The cookies that prove a login."""

    def __str__(self) -> str:
        """Name the app in the ids of tests."""
        return self.name


JWT = Scheme(
    name="jwt",
    login="token/",
    credentials=("__Host-access-token", "__Host-refresh-token"),
)
SESSION = Scheme(name="session", login="session/", credentials=("__Host-sessionid",))
SCHEMES = (JWT, SESSION)


class Visitor:
    """Keeps cookies as a browser does; its scripts send the CSRF token."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)

    def log_in(self, name: str = "alice") -> HttpResponse:
        """Log in by cookie, as a script of the site does."""
        if self.scheme is JWT:
            self.call("get", "auth/csrf/")
        body = {"username": name, "password": PASSWORD}
        if self.scheme is JWT:
            body["delivery"] = "cookie"
        answer = self.call("post", f"auth/{self.scheme.login}", body)
        assert answer.status_code == 200, answer.content
        return answer

    def call(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> HttpResponse:
        """Send one request of the site's own; headers may change what it says.

        Args:
            method: in lower case.
            path: below the scheme's prefix.
            body: to be sent as JSON, unless ``CONTENT_TYPE`` is among the headers.
            headers: by their names in WSGI; an empty one is left out.
        """
        sent = {"HTTP_ORIGIN": ORIGIN, "HTTP_X_CSRFTOKEN": self.cookie(CSRF)} | headers
        given = {name: value for name, value in sent.items() if value}
        content_type = given.pop("CONTENT_TYPE", "application/json")
        request = getattr(self.client, method)
        if method not in {"get", "head"}:
            body = {} if body is None else body
            answer = request(
                self.url(path), body, content_type=content_type, secure=True, **given
            )
        else:
            answer = request(self.url(path), secure=True, **given)
        return self._kept(answer)

    def is_logged_in(self) -> bool:
        """Ask the API."""
        status = self.call("get", "api/me/").status_code
        assert status in {200, 401}, status
        return status == 200

    def url(self, path: str) -> str:
        """Return where a path stands in this scheme."""
        return f"/{self.scheme.name}/{path}"

    def cookie(self, name: str) -> str:
        """Return the value of a cookie, or an empty string."""
        morsel = self.client.cookies.get(name)
        return "" if morsel is None else morsel.value

    @property
    def credentials(self) -> dict[str, str]:
        """The credential cookies that the jar holds."""
        found = {name: self.cookie(name) for name in self.scheme.credentials}
        return {name: value for name, value in found.items() if value}

    def show(self, *pairs: tuple[str, str]) -> HttpResponse:
        """Call the API with a Cookie header of the test's own making, in its order."""
        header = "; ".join(f"{name}={value}" for name, value in pairs)
        return Client().get(self.url("api/me/"), secure=True, HTTP_COOKIE=header)

    def _kept(self, answer: HttpResponse) -> HttpResponse:
        """Forget what the answer deletes; Django's client would send it back, empty."""
        for name, morsel in answer.cookies.items():
            if morsel["max-age"] == 0:
                self.client.cookies.pop(name, None)
        return answer
