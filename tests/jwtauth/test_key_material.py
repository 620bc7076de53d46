"""Private key material shows up nowhere: logs, errors, reports, settings, answers."""

import copy
import logging
import sys
from collections.abc import Iterator
from traceback import walk_tb
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter

from jwtauth.conf import get_settings
from jwtauth.core.keys import KeyUse
from jwtauth.stores import key_source
from tests import signing_keys
from tests.jwtauth.caller import PREFIX, Caller
from tests.jwtauth.conftest import jwtauth
from tests.jwtauth.core.key_box import jwk_of

NOW = 1_800_000_000
SIG = jwk_of("ES256")
REFRESH = jwk_of("HS256", KeyUse.REFRESH)
FAULTS = {
    "wrong_kid": [{**SIG, "kid": "x"}, REFRESH],
    "invalid_key": [{**SIG, "x": "AAAA"}, REFRESH],
    "no_refresh_key": [SIG],
    "duplicate_kid": [SIG, SIG, REFRESH],
    "wrong_date": [SIG, {**REFRESH, "signs_from": "x"}],
}

pytestmark = pytest.mark.requirement("KEY-13")


def secrets_of(*jwks: dict[str, Any]) -> list[str]:
    """Return the private members, as they would be seen in text."""
    return [jwk[name] for jwk in jwks for name in ("d", "k") if name in jwk]


def assert_shows_none(text: str, *jwks: dict[str, Any]) -> None:
    assert text
    assert [secret for secret in secrets_of(*jwks) if secret in text] == []


def locals_of(error: BaseException | None) -> Iterator[str]:
    """Yield the variables of every frame that an error, or its cause, came through."""
    while error is not None:
        for frame, _line in walk_tb(error.__traceback__):
            if frame.f_code.co_filename != __file__:
                yield repr(frame.f_locals)
        error = error.__cause__


@pytest.fixture(params=FAULTS)
def bad_keys(request: pytest.FixtureRequest) -> Iterator[str]:
    """Keys with a fault, in the settings themselves."""
    keys = copy.deepcopy(FAULTS[request.param])
    with jwtauth(KEYS=keys):
        yield request.param


class TestErrorReports:
    def test_report_of_a_bad_key_shows_no_material(self, bad_keys: str) -> None:
        """Reporters collect the local variables of every frame and mail them."""
        try:
            key_source.key_ring(NOW)
        except ImproperlyConfigured:
            reporter = ExceptionReporter(RequestFactory().get("/"), *sys.exc_info())
            report = reporter.get_traceback_html() + reporter.get_traceback_text()

        assert_shows_none(report, SIG, REFRESH)

    def test_locals_of_a_bad_key_show_no_material(self, bad_keys: str) -> None:
        """Other reporters know nothing of Django's way to hide variables."""
        with pytest.raises(ImproperlyConfigured) as caught:
            key_source.key_ring(NOW)

        assert_shows_none("\n".join(locals_of(caught.value)), SIG, REFRESH)


class TestLogs:
    def test_log_of_a_login_and_its_calls_shows_no_material(
        self, alice: User, caller: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        """At the level of debugging, with every logger on."""
        with caplog.at_level(logging.DEBUG):
            tokens = caller.login(alice)
            caller.me(tokens["access"])
            caller.me(tokens["access"][:-4] + "AAAA")
            caller.refresh(tokens["refresh"])
            caller.refresh(tokens["refresh"][:-4] + "AAAA")

        assert_shows_none(caplog.text, *signing_keys.load())


class TestValues:
    def test_repr_of_settings_and_rings_shows_no_material(self) -> None:
        """Somebody prints them to see what is wrong."""
        keys = [SIG, REFRESH]
        with jwtauth(KEYS=keys):
            ring = key_source.key_ring(NOW)
            shown = repr([get_settings(), ring, list(ring)])

        assert_shows_none(shown, SIG, REFRESH)

    def test_published_set_shows_no_material(self) -> None:
        """It is there for everybody."""
        answer = Client().get(f"{PREFIX}.well-known/jwks.json")

        assert_shows_none(answer.content.decode(), *signing_keys.load())
