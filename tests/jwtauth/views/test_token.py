"""``token/`` and ``token/verify/``: a pair is obtained, an access token judged."""

import time

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import OperationalError
from psycopg.errors import SerializationFailure

import jwtauth.conf
from jwtauth.core import codec
from jwtauth.flows.authenticate import verify
from tests.conftest import Heard
from tests.jwtauth.caller import PASSWORD, Caller


def conflict() -> OperationalError:
    """What Django raises where PostgreSQL reports a serialization failure."""
    error = OperationalError("could not serialize access")
    error.__cause__ = SerializationFailure()
    return error


class TestObtain:
    def test_login_wrong_password_unknown_name_and_inactive_are_alike(
        self, alice: User, caller: Caller
    ) -> None:
        """No enumeration by what the answer says (LGN-02)."""
        User.objects.create_user("bob", password=PASSWORD, is_active=False)
        answers = [
            caller.post("token/", {"username": name, "password": password})
            for name, password in (
                ("alice", "wrong"),
                ("nobody", PASSWORD),
                ("bob", PASSWORD),
            )
        ]

        assert {answer.status_code for answer in answers} == {401}
        assert {answer.content for answer in answers} == {
            b'{"detail":"No active account found with the given credentials"}'
        }

    def test_login_keeps_last_login_and_sends_djangos_signals(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """Lockout and audit packages listen to these."""
        told = heard(user_logged_in, user_login_failed)

        caller.login(alice)
        caller.post("token/", {"username": "alice", "password": "wrong"})

        alice.refresh_from_db()
        assert alice.last_login is not None
        assert [facts["signal"] for facts in told] == [
            user_logged_in,
            user_login_failed,
        ]

    @pytest.mark.parametrize(
        ("failure", "status"),
        [(conflict(), 200), (OperationalError("the disk is full"), 500)],
        ids=["conflict", "other"],
    )
    def test_login_last_login_in_conflict_is_let_go_and_a_fault_is_not(
        self,
        alice: User,
        caller: Caller,
        heard: Heard,
        failure: Exception,
        status: int,
    ) -> None:
        """At REPEATABLE READ two logins of one user may both write ``last_login``."""
        heard(user_logged_in, failure=failure)

        response = caller.post("token/", {"username": "alice", "password": PASSWORD})

        assert response.status_code == status

    @pytest.mark.requirement("ATJ-01", "ATJ-03", "ATJ-07")
    def test_login_access_token_follows_rfc_9068(
        self, alice: User, caller: Caller
    ) -> None:
        """Header and claims are what resource servers of others check."""
        body = caller.login(alice)
        now = time.time()
        policy = jwtauth.conf.get_settings().policy

        header = codec.peek_unverified_header(body["access"], policy=policy)
        claims = verify(body["access"], now=now)

        assert header["typ"] == "at+jwt"
        assert claims.subject == str(alice.pk)
        assert claims.issuer == "https://issuer.test"
        assert claims.audience == ("https://api.test",)
        assert claims.expires_at - claims.issued_at == body["expires_in"] == 900
        assert set(claims.to_payload()) == {
            "iss",
            "aud",
            "sub",
            "client_id",
            "iat",
            "exp",
            "jti",
            "sid",
            "auth_time",
        }


class TestVerify:
    def test_verify_live_token_is_200_and_dead_one_401(
        self, alice: User, caller: Caller
    ) -> None:
        """It judges exactly as an API request would."""
        access = caller.login(alice)["access"]

        assert caller.post("token/verify/", {"token": access}).status_code == 200
        caller.logout(access)
        assert caller.post("token/verify/", {"token": access}).status_code == 401
