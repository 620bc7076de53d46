"""Every way in to which somebody may bring a guess."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse

from tests.contracts.visitor import JWT, PASSWORD, SESSION, Scheme, Visitor

HOME = "192.0.2.1"
ADMIN = Scheme(name="admin", login="", credentials=("__Host-sessionid",))


@dataclass(frozen=True, kw_only=True)
class Way:
    """An address that takes passwords."""

    scheme: Scheme
    path: str
    is_page: bool = False
    steps_up: bool = False
    """It asks for the password of who is logged in already."""

    def __str__(self) -> str:
        """Name it in the ids of tests."""
        return f"{self.scheme}-{self.path.replace('/', '-').strip('-')}"


WAYS = (
    Way(scheme=JWT, path="auth/token/"),
    Way(scheme=JWT, path="auth/login/", is_page=True),
    Way(scheme=JWT, path="auth/reauth/", steps_up=True),
    Way(scheme=JWT, path="auth/account/reauth/", is_page=True, steps_up=True),
    Way(scheme=SESSION, path="auth/session/"),
    Way(scheme=SESSION, path="auth/login/", is_page=True),
    Way(scheme=SESSION, path="auth/reauth/", steps_up=True),
    Way(scheme=SESSION, path="auth/account/reauth/", is_page=True, steps_up=True),
    Way(scheme=ADMIN, path="login/", is_page=True),
)
LOGINS = tuple(way for way in WAYS if not way.steps_up)


class Device:
    """A browser or a program that brings passwords to one way in."""

    def __init__(self, way: Way, *, address: str = HOME, forwarded: str = "") -> None:
        self.way = way
        self._visitor = Visitor(way.scheme)
        self._from = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": forwarded}
        if way.steps_up:
            self._visitor.log_in()
        elif way.is_page:
            self._visitor.call("get", way.path)

    def tries(self, password: str, name: str = "alice", **more: str) -> HttpResponse:
        """Bring a name and a password, and what else the way in may read."""
        body = {"password": password, **more}
        if not self.way.steps_up:
            body["username"] = name
        if self.way.scheme is JWT and not self.way.is_page:
            self._visitor.call("get", "auth/csrf/")
        form = {
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "HTTP_ACCEPT": "text/html",
        }
        if not self.way.is_page:
            return self._visitor.call("post", self.way.path, body, **self._from)
        return self._visitor.call(
            "post", self.way.path, urlencode(body), **self._from, **form
        )

    def gets_in(self, password: str = PASSWORD, name: str = "alice") -> bool:
        """Return whether the password is taken."""
        return is_in(self.tries(password, name))


def is_in(answer: HttpResponse) -> bool:
    """Return whether the answer is that to a right password.

    A redirect to the login page is none.
    """
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    is_led_to_login = "/login/" in answer.headers.get("Location", "")
    return answer.status_code == (302 if is_page else 200) and not is_led_to_login
