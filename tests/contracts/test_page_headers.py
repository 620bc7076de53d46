"""What browsers are told with every page of ours, and with every answer in JSON."""

from html.parser import HTMLParser
from http import HTTPStatus
from importlib import import_module

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.functional import lazystr
from django.utils.module_loading import import_string
from pytest_django import Settings

from demo_project import content_security_policy
from jwtauth.transport.navigation import reload_page, unavailable
from tests.contracts.test_csrf import endpoints
from tests.contracts.visitor import CSRF, SCHEMES, Scheme, Visitor

FORM = "application/x-www-form-urlencoded"
PAGE = "text/html,*/*;q=0.8"
STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": STRICT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
LAYERS = {"jwt": "jwtauth.transport", "session": "sessionauth.views"}
FORM_PAGES = ("auth/login/", "auth/account/reauth/", "auth/account/sessions/")
LOGOUTS = ("auth/logout/", "auth/logout/all/")


class Lint(HTMLParser):
    """Finds what a Content-Security-Policy without inline script or style forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "script" and "src" not in dict(attrs):
            self.faults.append("script inline")
        if tag in {"script", "style", "base", "object", "embed", "iframe"}:
            self.faults.append(tag)
        for name, value in attrs:
            scheme = (value or "").strip().lower()
            if name.startswith("on") or name == "style":
                self.faults.append(f"{tag} {name}")
            if scheme.startswith(("javascript:", "data:")):
                self.faults.append(f"{tag} {name}={value}")


def lint(answer: HttpResponse) -> Lint:
    found = Lint()
    found.feed(answer.content.decode())
    found.close()
    return found


def is_told(answer: HttpResponse) -> bool:
    """Whether an answer carries all that pages carry."""
    found = {name: answer.get(name) for name in HEADERS}
    assert found == HEADERS
    assert "no-store" in answer["Cache-Control"]
    assert "Cookie" in answer["Vary"]
    return True


EVERY_PAGE = pytest.mark.parametrize(
    ("scheme", "path"),
    [(scheme, path) for scheme in SCHEMES for path in (*FORM_PAGES, *LOGOUTS)],
    ids=str,
)
EVERY_FORM = pytest.mark.parametrize(
    ("scheme", "path"),
    [(scheme, path) for scheme in SCHEMES for path in FORM_PAGES],
    ids=str,
)
OWN_ENDPOINTS = pytest.mark.parametrize(
    ("scheme", "path"),
    [(s, path) for s in SCHEMES for path in endpoints(s) if path.startswith("auth/")],
    ids=str,
)
BOTH = pytest.mark.parametrize("scheme", SCHEMES, ids=str)


def set_page_headers(scheme: Scheme, answer: HttpResponse) -> HttpResponse:
    module = import_module(f"{LAYERS[scheme.name]}.page_headers")
    module.set_page_headers(answer)
    return answer


def policy(scheme: Scheme) -> str | None:
    answer = set_page_headers(scheme, HttpResponse())
    found: str | None = answer.get("Content-Security-Policy")
    return found


class TestEveryPage:
    @pytest.mark.requirement("CSR-08", "CKE-10")
    @EVERY_FORM
    @pytest.mark.parametrize("is_in", [False, True], ids=["stranger", "logged in"])
    def test_answer_to_a_get_is_told(
        self, alice: User, scheme: Scheme, path: str, *, is_in: bool
    ) -> None:
        """A page, the way to the login, and a refusal alike."""
        visitor = Visitor(scheme)
        if is_in:
            visitor.log_in()

        answer = visitor.call("get", path, HTTP_ACCEPT=PAGE)

        assert answer.status_code in {200, 302, 401, 405}
        assert is_told(answer)

    @pytest.mark.requirement("CSR-02", "CSR-08", "CKE-10")
    @EVERY_PAGE
    @pytest.mark.parametrize("has_token", [True, False], ids=["ours", "no token"])
    def test_answer_to_a_form_is_told(
        self, alice: User, scheme: Scheme, path: str, *, has_token: bool
    ) -> None:
        """A form with a fault, a refused one, and the redirect after a good one."""
        visitor = Visitor(scheme)
        visitor.log_in()

        answer = visitor.call(
            "post",
            path,
            "password=wrong&username=alice&end=others",
            CONTENT_TYPE=FORM,
            HTTP_ACCEPT=PAGE,
            HTTP_X_CSRFTOKEN=visitor.cookie(CSRF) if has_token else "",
        )

        assert answer.status_code in ({200, 204, 302} if has_token else {403})
        assert is_told(answer)

    @pytest.mark.requirement("CSR-08")
    @EVERY_FORM
    def test_html_has_nothing_inline(
        self, alice: User, scheme: Scheme, path: str
    ) -> None:
        """Else the policy would break the page, or a project would loosen it."""
        visitor = Visitor(scheme)
        visitor.log_in()
        shown = [
            visitor.call("get", path, HTTP_ACCEPT=PAGE),
            visitor.call(
                "post",
                path,
                "password=wrong&username=%3Cscript%3E",
                CONTENT_TYPE=FORM,
                HTTP_ACCEPT=PAGE,
            ),
        ]

        pages = [lint(answer) for answer in shown if answer.content]

        assert "html" in pages[0].tags
        assert "form" in pages[0].tags
        assert [page.faults for page in pages] == [[] for _ in pages]

    @pytest.mark.requirement("CSR-08", "CKE-10")
    def test_page_that_reloads_itself_is_told(self) -> None:
        """It is ours, though middleware sends it."""
        answer = reload_page(RequestFactory().get("/private/"))

        found = lint(answer)
        assert is_told(answer)
        assert found.faults == []
        assert "meta" in found.tags

    @pytest.mark.requirement("CSR-08", "CKE-10")
    def test_page_of_an_outage_is_told(self) -> None:
        """The same, when Redis is down."""
        assert is_told(unavailable())


@BOTH
class TestWhatIsSetAlready:
    @pytest.mark.requirement("CSR-08")
    def test_header_of_the_view_stands(self, scheme: Scheme) -> None:
        """Who overrides a page knows what it takes."""
        own = dict.fromkeys(HEADERS, "own") | {"Cache-Control": "private, no-store"}

        answer = set_page_headers(scheme, HttpResponse(headers=own))

        assert {name: answer[name] for name in own} == own

    @pytest.mark.requirement("CKE-10")
    @pytest.mark.parametrize("said", ["public, max-age=60", "private", "no-cache"])
    def test_leave_to_keep_a_page_does_not_stand(
        self, scheme: Scheme, said: str
    ) -> None:
        """The back button would show it to the next one at this screen."""
        kept = HttpResponse(headers={"Cache-Control": said})

        assert set_page_headers(scheme, kept)["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("said", ["same-origin-allow-popups", None])
    def test_opener_policy_is_djangos_setting(
        self, scheme: Scheme, settings: Settings, said: str | None
    ) -> None:
        """A login in a pop-up needs another one, and Django has a setting for that."""
        settings.SECURE_CROSS_ORIGIN_OPENER_POLICY = said

        answer = set_page_headers(scheme, HttpResponse())

        assert answer.get("Cross-Origin-Opener-Policy") == said


class Own(import_string(content_security_policy.MIDDLEWARE)):  # type: ignore[misc] # another class in each Django
    """A project's own, made of Django's or django-csp's."""


@BOTH
class TestPolicy:
    @pytest.mark.requirement("CSR-08")
    @pytest.mark.parametrize(
        "middleware", [content_security_policy.MIDDLEWARE, f"{__name__}.Own"]
    )
    def test_policy_of_the_project_is_left_to_its_middleware(
        self, scheme: Scheme, settings: Settings, middleware: str
    ) -> None:
        """A project with its own look must be able to say so, in one place."""
        settings.MIDDLEWARE = [middleware, *settings.MIDDLEWARE]
        settings.SECURE_CSP = {"default-src": ["'self'"]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": settings.SECURE_CSP}

        answer = Visitor(scheme).call("get", "auth/login/", HTTP_ACCEPT=PAGE)

        assert answer["Content-Security-Policy"] == "default-src 'self'"
        assert answer["X-Frame-Options"] == "DENY"

    @pytest.mark.requirement("CSR-08")
    def test_middleware_without_a_policy_leaves_ours(
        self, scheme: Scheme, settings: Settings
    ) -> None:
        """It is there for reports alone, as while a policy is tried."""
        settings.MIDDLEWARE = [content_security_policy.MIDDLEWARE, *settings.MIDDLEWARE]
        settings.SECURE_CSP, settings.CONTENT_SECURITY_POLICY = {}, None

        answer = Visitor(scheme).call("get", "auth/login/", HTTP_ACCEPT=PAGE)

        assert answer["Content-Security-Policy"] == STRICT

    @pytest.mark.requirement("CSR-08")
    def test_policy_without_middleware_leaves_ours(
        self, scheme: Scheme, settings: Settings
    ) -> None:
        """Nobody would send it."""
        settings.SECURE_CSP = {"default-src": ["'self'"]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": settings.SECURE_CSP}

        assert policy(scheme) == STRICT

    @pytest.mark.parametrize(
        ("login", "logout", "targets"),
        [
            ("/in/", "/out/", "'self'"),
            ("home", None, "'self'"),
            ("app:home", lazystr("app:out"), "'self'"),
            ("https://app.test/in", "/out/", "'self' https://app.test"),
            (
                "https://app.test:8443/?a=1;b",
                lazystr("http://www.test"),
                "'self' https://app.test:8443 http://www.test",
            ),
            ("https://app.test/in", "https://app.test/out", "'self' https://app.test"),
        ],
    )
    def test_form_may_lead_where_login_and_logout_lead(
        self,
        scheme: Scheme,
        settings: Settings,
        login: str,
        logout: str | None,
        targets: str,
    ) -> None:
        """Chromium stops a redirect after a POST that the policy does not name."""
        settings.LOGIN_REDIRECT_URL, settings.LOGOUT_REDIRECT_URL = login, logout

        assert f"; form-action {targets}; " in str(policy(scheme))


class TestJSON:
    @pytest.mark.requirement("CKE-10")
    @OWN_ENDPOINTS
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_answer_of_an_endpoint_is_kept_by_nobody_and_taken_for_nothing_else(
        self, alice: User, scheme: Scheme, path: str, method: str
    ) -> None:
        """Who follows a link to one must not be shown it as a page."""
        visitor = Visitor(scheme)
        visitor.log_in()

        answer = visitor.call(method, path)

        if "well-known" not in path:
            assert "no-store" in answer["Cache-Control"]
        assert answer.get("X-Content-Type-Options") == "nosniff" or not answer.content


@pytest.mark.requirement("RVK-14")
class TestClearSiteData:
    @pytest.mark.parametrize("accept", [PAGE, "application/json"])
    @pytest.mark.parametrize("path", LOGOUTS)
    @pytest.mark.parametrize(
        ("parts", "sent"),
        [
            (None, '"cache"'),
            (("cache", "storage"), '"cache", "storage"'),
            (["storage"], '"storage"'),
            ((), None),
        ],
    )
    def test_logout_asks_for_what_is_configured(
        self,
        visitor: Visitor,
        settings: Settings,
        path: str,
        accept: str,
        parts: object,
        sent: str | None,
    ) -> None:
        """The next one at this browser sees no page that it has kept."""
        if parts is not None:
            settings.SESSIONAUTH = {**settings.SESSIONAUTH, "CLEAR_SITE_DATA": parts}
            settings.JWTAUTH = {**settings.JWTAUTH, "CLEAR_SITE_DATA": parts}

        answer = visitor.call("post", path, HTTP_ACCEPT=accept)

        assert answer.status_code in {204, 302}
        assert answer.get("Clear-Site-Data") == sent
        assert "no-store" in answer["Cache-Control"]

    def test_end_of_this_login_by_its_handle_does_the_same(
        self, visitor: Visitor
    ) -> None:
        """It is a logout."""
        (login,) = visitor.call("get", "auth/sessions/").json()

        answer = visitor.call("delete", f"auth/sessions/{login['handle']}/")

        assert answer["Clear-Site-Data"] == '"cache"'

    def test_refused_logout_clears_nothing(self, visitor: Visitor) -> None:
        """Another site must not slow down or empty the browsers of its visitors."""
        answer = visitor.call("post", "auth/logout/", HTTP_X_CSRFTOKEN="")

        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "Clear-Site-Data" not in answer
