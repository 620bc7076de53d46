"""The recipe for Django and DRF: a service without database, models and Redis."""

import json
import time

import pytest

from demo_project.http_caller import Answer
from tests.docs.verify.conftest import StartService
from tests.docs.verify.django_service import DjangoService
from tests.docs.verify.issuer import Issuer
from tests.interop.bad_tokens import FAULTS
from tests.jwtauth.caller import unverified_claims

MINUTE = 60
DAY = 24 * 60 * MINUTE
INVALID = 'Bearer realm="api", error="invalid_token"'


def get(service: DjangoService, token: str) -> Answer:
    return service.get("/report/", {"Authorization": f"Bearer {token}"})


@pytest.fixture
def service(start_service: StartService) -> DjangoService:
    """The service, as the page makes it."""
    return start_service()


class TestTokens:
    @pytest.mark.requirement("ATJ-09")
    def test_good_token_is_let_in_without_model_or_redis(
        self, service: DjangoService, token: str
    ) -> None:
        """That is what the page promises to whoever has neither."""
        answer = get(service, token)

        claims = unverified_claims(token)
        assert answer.status == 200
        assert json.loads(answer.content) == {
            "user": claims["sub"],
            "login": claims["sid"],
        }
        for module in ("jwtauth.models", "redis", "django_redis", "jwtauth.checks"):
            assert not service.has_loaded(module), module

    @pytest.mark.requirement("ATJ-02", "JWT-14")
    def test_bad_tokens_are_401(self, service: DjangoService, issuer: Issuer) -> None:
        """Each check that the page promises, over the wire."""
        answers = {
            name: get(service, issuer.forge(fault)) for name, fault in FAULTS.items()
        }

        assert {
            name: answer
            for name, answer in answers.items()
            if (answer.status, answer.headers["www-authenticate"]) != (401, INVALID)
        } == {}

    def test_token_without_the_scope_is_403(
        self, service: DjangoService, issuer: Issuer
    ) -> None:
        """The page's view asks for one."""
        answer = get(service, issuer.sign(scope="reports:write"))

        assert answer.status == 403
        assert 'scope="reports:read"' in answer.headers["www-authenticate"]

    def test_browser_is_answered_too(
        self, service: DjangoService, issuer: Issuer
    ) -> None:
        """DRF's own pages for them need what is not installed here."""
        headers = {
            "Authorization": f"Bearer {issuer.sign()}",
            "Accept": "text/html,*/*",
        }

        assert service.get("/report/", headers).status == 200

    def test_nobody_is_401(self, service: DjangoService) -> None:
        """A view that asks for nobody in particular is not open."""
        assert service.get("/report/").status == 401


class TestOutage:
    def test_known_keys_count_for_a_day(
        self, service: DjangoService, issuer: Issuer
    ) -> None:
        """The issuer's outage is not the service's; a withdrawn key ends some time."""
        get(service, token := issuer.sign())
        issuer.stop()

        service.age(DAY - MINUTE)
        assert get(service, token).status == 200
        service.age(MINUTE)
        answer = get(service, token)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")

    def test_service_without_keys_asks_again_after_30_seconds(
        self, service: DjangoService, issuer: Issuer
    ) -> None:
        """A process that is started meanwhile must not need a restart."""
        issuer.stop()
        assert get(service, token := issuer.sign()).status == 503
        issuer.start_again()

        service.age(29)
        assert get(service, token).status == 503
        service.age(1)
        assert get(service, token).status == 200

    def test_retired_key_ends_with_the_next_look(
        self, service: DjangoService, issuer: Issuer
    ) -> None:
        """That is what the page promises for an emergency."""
        get(service, token := issuer.sign())
        issuer.retire_its_key()

        service.age(MINUTE)
        # The request that finds the time has come doesn't wait for the answer.
        deadline = time.monotonic() + 30
        while get(service, token).status == 200 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert get(service, token).status == 401
        assert get(service, issuer.sign()).status == 200


LOGGING = """
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"log": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["log"]},
}
"""


def test_wrong_setting_is_an_error_at_the_first_request(
    start_service: StartService, token: str
) -> None:
    """The page says so, because no check is there to say it earlier."""
    service = start_service(('"claims"', '"claim"'), settings=LOGGING)

    assert get(service, token).status == 500
    assert "ImproperlyConfigured: JWTAUTH['USER']" in service.log.read_text()
