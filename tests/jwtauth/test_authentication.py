"""``JWTAuthentication``: how a refusal looks, and whose row is read."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from tests.faults import unreachable
from tests.jwtauth.caller import Caller


class TestRefusal:
    @pytest.mark.requirement("BRR-04")
    def test_anonymous_challenge_has_no_error_and_bad_token_has_one(
        self, caller: Caller
    ) -> None:
        """RFC 6750 §3: nothing is wrong with credentials that did not come."""
        assert caller.me("")["WWW-Authenticate"] == 'Bearer realm="api"'
        assert caller.me("x.y.z")["WWW-Authenticate"] == (
            'Bearer realm="api", error="invalid_token"'
        )

    @pytest.mark.parametrize(
        ("token", "code"), [("x.y.z", "token_malformed"), ("", "")], ids=["bad", "none"]
    )
    def test_refusal_precise_cause_is_in_the_log_alone(
        self, caller: Caller, caplog: pytest.LogCaptureFixture, token: str, code: str
    ) -> None:
        """Who runs the service must see what the caller must not."""
        caplog.set_level("INFO", "jwtauth.refusals")

        body = caller.me(token).content

        codes = [getattr(record, "code", "") for record in caplog.records]
        assert [found for found in codes if found] == ([code] if code else [])
        assert b"malformed" not in body

    def test_outage_is_a_warning_that_names_the_cache(
        self, alice: User, caller: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Django's default logging drops what is less, and 503 has a cause."""
        access = caller.login(alice)["access"]

        with unreachable():
            assert caller.me(access).status_code == 503

        told = [
            record for record in caplog.records if record.name.startswith("jwtauth")
        ]
        assert {record.levelname for record in told} == {"WARNING"}
        assert "CACHES['default']" in told[0].getMessage()

    def test_bearer_token_where_bearer_is_off_is_told_in_the_log(
        self,
        alice: User,
        caller: Caller,
        caplog: pytest.LogCaptureFixture,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """It is the first thing that somebody with a native client meets."""
        access = caller.login(alice)["access"]
        jwtauth_settings(DELIVERY={"cookie"})
        caplog.set_level("INFO", "jwtauth.refusals")

        assert caller.me(access).status_code == 401

        assert "DELIVERY lacks 'bearer'" in caplog.text


class TestUserSetting:
    def test_database_user_setting_refuses_a_deactivated_user_at_once(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """Who can't wait for the next refresh reads the row every time."""
        jwtauth_settings(USER="database")
        access = caller.login(alice)["access"]
        assert caller.me(access).status_code == 200

        User.objects.update(is_active=False)

        assert caller.me(access).status_code == 401

    @pytest.mark.requirement("JWT-12")
    def test_database_user_setting_refuses_a_deleted_user_at_once(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A row that is gone is a refusal, not a fault of the server."""
        jwtauth_settings(USER="database", REVOCATION="refresh_only")
        access = caller.login(alice)["access"]

        User.objects.all().delete()

        assert caller.me(access).status_code == 401
