"""The recipe for nginx: who brings a good token is let in, and named by nginx alone."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from demo_project.http_caller import Answer
from tests.docs.verify.conftest import StartService
from tests.docs.verify.django_service import DjangoService
from tests.docs.verify.gateway import Gateway
from tests.docs.verify.issuer import Issuer
from tests.docs.verify.pages import block
from tests.docs.verify.recorder import Recorder
from tests.harness.programs import require_program
from tests.interop.bad_tokens import FAULTS

DAY = 86_400
INVALID = 'Bearer realm="api", error="invalid_token"'


@pytest.fixture
def verifier(start_service: StartService) -> DjangoService:
    """The Django service of the other page, with the view of this one."""
    service = start_service(urls=block("reports/urls.py, at its end"))
    service.get("/report/")  # Its first answer takes longer than nginx may wait.
    return service


@pytest.fixture
def start_gateway() -> Iterator[Callable[[int], Gateway]]:
    """Start nginx as the page has it: ``start_gateway(port_of_the_verifier)``."""
    how_to_get = "install your system's nginx package"
    # Debian keeps it where only root's PATH looks.
    nginx = require_program("nginx", how_to_get, "/usr/sbin/nginx")
    configuration = block("/etc/nginx/conf.d/reports.conf")
    with ExitStack() as stack:
        yield lambda port: stack.enter_context(Gateway(nginx, configuration, port))


@pytest.fixture
def gateway(
    start_gateway: Callable[[int], Gateway], verifier: DjangoService
) -> Gateway:
    """Nginx before a service that notes what comes through."""
    return start_gateway(verifier.port)


def call(
    gateway: Gateway, token: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """Ask for a report, with a token."""
    sent = {"Authorization": f"Bearer {token}"} if token else {}
    with gateway.caller() as caller:
        return caller.send("GET", "/report/", headers={**sent, **(headers or {})})


class TestTokens:
    def test_good_token_is_let_in_and_named(
        self, gateway: Gateway, issuer: Issuer
    ) -> None:
        """The service behind learns who it is, and gets no token that it could use."""
        assert (
            call(gateway, issuer.sign(sub="42", scope="a reports:read")).status == 200
        )

        (headers,) = gateway.behind.requests
        assert headers["x-auth-sub"] == "42"
        assert headers["x-auth-scope"] == "a reports:read"
        assert "authorization" not in headers

    @pytest.mark.requirement("ATJ-09")
    @pytest.mark.parametrize("name", ["other audience", "expired", "unknown kid"])
    def test_bad_token_is_401_with_its_challenge(
        self, gateway: Gateway, issuer: Issuer, name: str
    ) -> None:
        """The client must learn that it is the token, and refresh."""
        answer = call(gateway, issuer.forge(FAULTS[name]))

        assert (answer.status, answer.headers["www-authenticate"]) == (401, INVALID)
        assert gateway.behind.requests == []

    def test_nobody_is_401(self, gateway: Gateway) -> None:
        """Without a token nothing was wrong with one."""
        answer = call(gateway)

        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="api"'
        assert gateway.behind.requests == []

    def test_nobody_can_ask_the_verifier_itself(self, gateway: Gateway) -> None:
        """It is for nginx: its answer is no resource."""
        with gateway.caller() as caller:
            assert caller.send("GET", "/_verify").status == 404


class TestForgedHeaders:
    @pytest.mark.parametrize("scope", [None, "reports:read"])
    def test_what_a_client_says_of_itself_is_not_passed_on(
        self, gateway: Gateway, issuer: Issuer, scope: str | None
    ) -> None:
        """Else whoever has a token has every token; an empty scope must not gape."""
        names = ("X-Auth-Sub", "x-auth-scope", "X_Auth_Sub", "X_AUTH_SCOPE")
        token = issuer.sign(sub="42", scope=scope)
        forged = dict.fromkeys(names, "1 admin")

        assert (
            call(gateway, token, {**forged, "Connection": "X-Auth-Sub"}).status == 200
        )

        (headers,) = gateway.behind.requests
        told = {n: v for n, v in headers.items() if "auth" in n}
        assert told == {
            "x-auth-sub": "42",
            **({"x-auth-scope": scope} if scope else {}),
        }


class TestOutage:
    def test_issuer_that_is_down_stops_nobody_for_a_day(
        self, gateway: Gateway, verifier: DjangoService, issuer: Issuer
    ) -> None:
        """Then it is 503 through nginx as well, never a 500 and never a 200."""
        call(gateway, token := issuer.sign())
        issuer.stop()

        verifier.age(DAY - 60)
        assert call(gateway, token).status == 200
        verifier.age(60)
        answer = call(gateway, token)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert len(gateway.behind.requests) == 2

    def test_verifier_that_is_gone_lets_nobody_in(
        self, gateway: Gateway, verifier: DjangoService, issuer: Issuer
    ) -> None:
        """It can't be known whether the token counts."""
        verifier.close()

        answer = call(gateway, issuer.sign())

        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert gateway.behind.requests == []

    def test_fault_of_the_service_behind_is_its_own(
        self, gateway: Gateway, issuer: Issuer
    ) -> None:
        """A 500 that became a 503 would be tried again and looked for elsewhere."""
        gateway.behind.status = 500

        assert call(gateway, issuer.sign()).status == 500


class TestVerifier:
    def test_verifier_is_asked_without_body_and_cookies(
        self, start_gateway: Callable[[int], Gateway], recorder: Recorder
    ) -> None:
        """To it every request is a GET: a cookie would count for other sites' POSTs."""
        gateway = start_gateway(recorder.port)
        headers = {"Authorization": "Bearer a.b.c", "Cookie": "c=1", "Host": "evil"}
        with gateway.caller() as caller:
            caller.send("POST", "/report/?a=b", body={"a": "b"}, headers=headers)

        (asked,) = recorder.requests
        assert (asked["method"], asked["body"]) == ("GET", "")
        assert asked["host"] == "reports.example.com"
        assert asked["authorization"] == "Bearer a.b.c"
        assert not {"cookie", "content-length", "transfer-encoding"} & asked.keys()
        (passed,) = gateway.behind.requests
        assert (passed["method"], passed["host"]) == ("POST", "evil")
        assert passed["body"] == '{"a": "b"}'

    def test_verifier_that_says_500_or_404_lets_nobody_in(
        self, start_gateway: Callable[[int], Gateway], recorder: Recorder
    ) -> None:
        """Whatever is not a yes is none."""
        gateway = start_gateway(recorder.port)
        for recorder.status in (301, 400, 404, 500, 502):
            assert call(gateway, "a.b.c").status == 503

        assert gateway.behind.requests == []


def test_second_answer_is_not_the_first_one_again(
    gateway: Gateway, verifier: DjangoService, issuer: Issuer
) -> None:
    """A cached yes would outlive the token, and be given to others."""
    assert call(gateway, issuer.sign(sub="1")).status == 200
    assert call(gateway, issuer.sign(sub="2")).status == 200
    assert call(gateway, issuer.forge(FAULTS["expired"])).status == 401

    told = [headers["x-auth-sub"] for headers in gateway.behind.requests]
    assert told == ["1", "2"]
