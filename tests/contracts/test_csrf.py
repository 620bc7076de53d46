"""What another site can make a browser do: nothing, in both apps."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern, get_resolver

from demo_project.models import Note
from tests.contracts.visitor import CSRF, JWT, PASSWORD, SCHEMES, Scheme, Visitor

HANDLE = "A" * 43
CONTENT_TYPES = pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-7",
        "",
    ],
)


def endpoints(scheme: Scheme) -> Iterator[str]:
    """Every path of the app's own URL configuration, and of the demo's API."""
    resolver = get_resolver(f"{scheme.name}auth.urls")
    for pattern in resolver.url_patterns:
        assert isinstance(pattern, URLPattern)
        yield f"auth/{pattern.pattern}".replace("<handle>", HANDLE)
    yield from ("api/me/", "api/notes/")


EVERY_ENDPOINT = pytest.mark.parametrize(
    ("scheme", "path"),
    [(scheme, path) for scheme in SCHEMES for path in endpoints(scheme)],
    ids=str,
)


class TestUnsafe:
    @pytest.mark.requirement("CSR-01", "CSR-06")
    @CONTENT_TYPES
    def test_call_by_cookie_without_the_token_is_refused(
        self, visitor: Visitor, content_type: str
    ) -> None:
        """The cookie comes with every request, whoever wrote it and in what dress."""
        answer = visitor.call(
            "post",
            "api/notes/",
            '{"text": "x"}',
            CONTENT_TYPE=content_type,
            HTTP_X_CSRFTOKEN="",
        )

        # DRF reads the body to look for the token: what it can't read is a 415.
        assert answer.status_code in {403, 415}
        assert not Note.objects.exists()

    @pytest.mark.requirement("CSR-01")
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_call_of_any_unsafe_method_needs_the_token(
        self, visitor: Visitor, method: str
    ) -> None:
        """A method that the view does not know is refused for the token first."""
        answer = visitor.call(method, "api/notes/", HTTP_X_CSRFTOKEN="")

        assert answer.status_code == HTTPStatus.FORBIDDEN

    @pytest.mark.requirement("CSR-01")
    def test_call_with_the_token_counts(self, visitor: Visitor) -> None:
        """Else the refusals above would prove nothing."""
        answer = visitor.call("post", "api/notes/", {"text": "x"})

        assert answer.status_code == HTTPStatus.CREATED

    @pytest.mark.requirement("CSR-05")
    @pytest.mark.parametrize(
        "headers",
        [
            {"HTTP_ORIGIN": "https://evil.test"},
            {"HTTP_ORIGIN": "http://testserver"},
            {"HTTP_ORIGIN": "https://testserver.evil.test"},
            {"HTTP_ORIGIN": "null"},
            {"HTTP_ORIGIN": "", "HTTP_REFERER": ""},
            {"HTTP_ORIGIN": "", "HTTP_REFERER": "https://evil.test/"},
            {"HTTP_ORIGIN": "", "HTTP_REFERER": "http://testserver/"},
        ],
        ids=repr,
    )
    def test_call_from_elsewhere_is_refused_whatever_its_token(
        self, visitor: Visitor, headers: dict[str, str]
    ) -> None:
        """A token may leak; where a request comes from a page can't forge."""
        answer = visitor.call("post", "api/notes/", {"text": "x"}, **headers)

        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert not Note.objects.exists()

    @pytest.mark.requirement("CSR-02")
    @pytest.mark.parametrize("path", ["auth/logout/", "auth/logout/all/"])
    def test_logout_without_the_token_ends_nothing(
        self, visitor: Visitor, path: str
    ) -> None:
        """Another site must not log its visitors out of ours."""
        answer = visitor.call("post", path, HTTP_X_CSRFTOKEN="")

        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert visitor.is_logged_in()

    @pytest.mark.requirement("CSR-02")
    @pytest.mark.parametrize("origin", ["https://evil.test", "null"])
    def test_login_from_another_site_is_refused(
        self, scheme: Scheme, alice: User, stranger: Visitor, origin: str
    ) -> None:
        """A page that logs its visitors in as the attacker reads what they do."""
        body = {"username": "alice", "password": PASSWORD}
        if scheme is JWT:
            body["delivery"] = "cookie"

        answer = stranger.call("post", f"auth/{scheme.login}", body, HTTP_ORIGIN=origin)

        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert stranger.credentials == {}

    @pytest.mark.requirement("CSR-01", "CSR-02")
    @EVERY_ENDPOINT
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_no_endpoint_acts_for_another_site(
        self, alice: User, scheme: Scheme, path: str, method: str
    ) -> None:
        """Not even where a token leaked to it; what is added later is held to it."""
        visitor, other = Visitor(scheme), Visitor(scheme)
        visitor.log_in()
        other.log_in()
        before = visitor.credentials
        body = {"username": "alice", "password": PASSWORD, "text": "x"}

        for token in ("", visitor.cookie(CSRF)):
            answer = visitor.call(
                method,
                path,
                body,
                HTTP_X_CSRFTOKEN=token,
                HTTP_ORIGIN="https://evil.test",
                HTTP_SEC_FETCH_SITE="cross-site",
            )

            assert not answer.cookies.keys() & set(scheme.credentials)
        assert visitor.credentials == before
        assert visitor.is_logged_in()
        assert other.is_logged_in()
        assert not Note.objects.exists()


class TestToken:
    @pytest.mark.requirement("CSR-03")
    def test_token_of_another_browser_is_refused(
        self, visitor: Visitor, bob: User
    ) -> None:
        """An attacker has one, too: it must be good for the attacker's browser only."""
        attacker = Visitor(visitor.scheme)
        attacker.log_in("bob")

        answer = visitor.call(
            "post", "api/notes/", {"text": "x"}, HTTP_X_CSRFTOKEN=attacker.cookie(CSRF)
        )

        assert answer.status_code == HTTPStatus.FORBIDDEN

    @pytest.mark.requirement("CSR-03")
    def test_token_from_before_the_login_is_refused(self, visitor: Visitor) -> None:
        """Whoever planted it sat there before."""
        before = visitor.cookie(CSRF)
        visitor.log_in()

        answer = visitor.call(
            "post", "api/notes/", {"text": "x"}, HTTP_X_CSRFTOKEN=before
        )

        assert answer.status_code == HTTPStatus.FORBIDDEN

    @pytest.mark.requirement("CSR-03")
    def test_token_dies_with_the_logout(self, visitor: Visitor) -> None:
        """What the pages of the ended login carried is worth nothing in the next."""
        before = visitor.cookie(CSRF)
        assert visitor.call("post", "auth/logout/").status_code < 300
        assert visitor.cookie(CSRF) != before
        visitor.log_in()

        answer = visitor.call(
            "post", "api/notes/", {"text": "x"}, HTTP_X_CSRFTOKEN=before
        )

        assert answer.status_code == HTTPStatus.FORBIDDEN


class TestSafe:
    @pytest.mark.requirement("CSR-04")
    @EVERY_ENDPOINT
    @pytest.mark.parametrize("method", ["get", "head", "options"])
    def test_safe_method_changes_nothing(
        self, alice: User, scheme: Scheme, path: str, method: str
    ) -> None:
        """Prefetchers, previews and other sites' images send them unasked."""
        visitor = Visitor(scheme)
        visitor.log_in()
        before = visitor.credentials
        other = Visitor(scheme)
        other.log_in()

        visitor.call(method, path)

        assert visitor.credentials == before
        assert visitor.is_logged_in()
        assert other.is_logged_in()
        assert not Note.objects.exists()


class TestOtherSites:
    @pytest.mark.requirement("CSR-07")
    @EVERY_ENDPOINT
    @pytest.mark.parametrize("method", ["get", "options", "post"])
    def test_no_answer_lets_another_site_read(
        self, alice: User, scheme: Scheme, path: str, method: str
    ) -> None:
        """Who wants CORS has packages for it; ``*`` is for what is public anyway."""
        visitor = Visitor(scheme)
        visitor.log_in()

        answer = visitor.call(
            method,
            path,
            HTTP_ORIGIN="https://evil.test",
            HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        )

        assert "Access-Control-Allow-Credentials" not in answer
        assert not [value for _, value in answer.items() if "evil.test" in value]
        if "well-known" not in path:
            assert "Access-Control-Allow-Origin" not in answer
