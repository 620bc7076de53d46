"""An access token comes in; its proven claims go out, each time judged anew."""

import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.contrib.auth.models import User
from jwt.utils import base64url_decode, base64url_encode

from jwtauth.core import codec
from jwtauth.core.codec import Proven
from jwtauth.core.jwk import generate_jwk
from jwtauth.core.keys import KeyUse
from jwtauth.exceptions import (
    AudienceMismatch,
    KeyUnknown,
    TokenExpired,
    TokenNotYetValid,
    TokenRefused,
    TokenRevoked,
)
from jwtauth.flows.authenticate import authenticate
from jwtauth.stores import key_source
from jwtauth.stores.verified_tokens import verified_tokens
from tests import signing_keys
from tests.jwtauth.caller import Caller
from tests.jwtauth.core.raw_tokens import encode, header_of

LIFETIME = 15 * 60
LEEWAY = 5


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> list[Proven]:
    """Every signature check from now on."""
    made = []
    prove = codec.prove

    def recorded(*args: object, **kwargs: object) -> Proven:
        made.append(prove(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(codec, "prove", recorded)
    return made


@pytest.fixture
def token(alice: User, caller: Caller) -> str:
    """An access token that has been used once."""
    token: str = caller.login(alice)["access"]
    authenticate(token, now=time.time())
    return token


class TestKnownToken:
    def test_token_seen_before_is_not_verified_again(
        self, token: str, proofs: list[Proven]
    ) -> None:
        """A signature costs more than everything else together."""
        authenticate(token, now=time.time())

        assert proofs == []

    def test_token_with_the_cache_off_is_verified_each_time(
        self,
        token: str,
        proofs: list[Proven],
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """Then nothing is remembered at all."""
        jwtauth_settings(VERIFIED_CACHE_SIZE=0)

        authenticate(token, now=time.time())
        authenticate(token, now=time.time())

        assert len(proofs) == 2

    @pytest.mark.requirement("JWT-08")
    def test_token_past_exp_is_refused(self, token: str) -> None:
        """What was proven ages."""
        with pytest.raises(TokenExpired):
            authenticate(token, now=time.time() + LIFETIME + LEEWAY + 1)

    @pytest.mark.requirement("JWT-09")
    def test_token_before_iat_is_refused(self, token: str) -> None:
        """A clock that went back proves nothing."""
        with pytest.raises(TokenNotYetValid):
            authenticate(token, now=time.time() - 3600)

    @pytest.mark.requirement("RVK-03")
    def test_token_of_an_ended_login_is_refused(
        self, token: str, caller: Caller
    ) -> None:
        """The denylist is asked each time."""
        caller.logout(token)

        with pytest.raises(TokenRevoked):
            authenticate(token, now=time.time())

    @pytest.mark.requirement("KEY-09")
    def test_token_whose_key_has_ended_is_refused(
        self, token: str, jwtauth_settings: Callable[..., None]
    ) -> None:
        """An end that was set before counts without a reload."""
        now = time.time()
        old, refresh = signing_keys.load()
        successor = generate_jwk("ES256", KeyUse.SIG)
        ending = {**old, "verifies_until": now + 10}
        jwtauth_settings(KEYS=[ending, refresh, successor])
        authenticate(token, now=now)

        with pytest.raises(KeyUnknown):
            authenticate(token, now=now + 11)

    @pytest.mark.requirement("KEY-09")
    def test_token_whose_key_was_taken_away_is_refused(
        self, token: str, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A leaked key is taken away, and its tokens with it."""
        _, refresh = signing_keys.load()
        jwtauth_settings(KEYS=[refresh, generate_jwk("ES256", KeyUse.SIG)])

        with pytest.raises(KeyUnknown):
            authenticate(token, now=time.time())

    @pytest.mark.requirement("JWT-11")
    def test_token_of_another_audience_is_refused(
        self, token: str, jwtauth_settings: Callable[..., None]
    ) -> None:
        """What was proven under other settings counts no more."""
        jwtauth_settings(AUDIENCE="https://other.test")

        with pytest.raises(AudienceMismatch):
            authenticate(token, now=time.time())


class TestRefusedToken:
    @pytest.mark.requirement("KEY-10")
    def test_refused_tokens_are_not_remembered(self, token: str) -> None:
        """Otherwise anybody could push the good ones out."""
        now = time.time()
        before = len(verified_tokens(key_source.key_ring(now)))

        for number in range(100):
            with pytest.raises(TokenRefused):
                authenticate(f"{token[:-10]}{number:010d}", now=now)

        assert len(verified_tokens(key_source.key_ring(now))) == before

    @pytest.mark.requirement("KEY-10")
    def test_10000_unknown_kids_cost_nothing_and_leave_nothing(
        self,
        token: str,
        round_trips: list[str],
        django_assert_num_queries: Callable[..., AbstractContextManager[object]],
    ) -> None:
        """RFC 8725 §3.10: a stranger's kid starts no search and fills no memory."""
        now = time.time()
        ring = key_source.key_ring(now)
        before = len(verified_tokens(ring)), len(list(ring))
        round_trips.clear()

        with django_assert_num_queries(0):
            for _ in range(10_000):
                header = header_of(kid=secrets.token_urlsafe(32))
                with pytest.raises(KeyUnknown):
                    authenticate(f"{encode(header)}.{token.split('.', 1)[1]}", now=now)

        assert key_source.key_ring(now) is ring
        assert (len(verified_tokens(ring)), len(list(ring))) == before
        assert round_trips == []


# The order of the group of P-256 (SEC 2, section 2.4.2).
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def twin_of(token: str) -> str:
    """The same token with the other signature that ECDSA allows: (r, n - s)."""
    signed, _, signature = token.rpartition(".")
    raw = base64url_decode(signature)
    other = _P256_ORDER - int.from_bytes(raw[32:], "big")
    return f"{signed}.{base64url_encode(raw[:32] + other.to_bytes(32, 'big')).decode()}"


class TestMalleability:
    @pytest.mark.requirement("RVK-06", "JWT-03")
    def test_twin_of_a_revoked_token_is_revoked(
        self, token: str, caller: Caller
    ) -> None:
        """ES256 has two signatures for each token: its text is no identity."""
        twin = twin_of(token)
        assert authenticate(twin, now=time.time()) == authenticate(
            token, now=time.time()
        )

        caller.logout(token)

        with pytest.raises(TokenRevoked):
            authenticate(twin, now=time.time())
