"""``.well-known/jwks.json``: what others verify our tokens with."""

import json
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from django.contrib.auth.models import User
from django.test import Client
from jwt import PyJWKSet

from tests.jwtauth.caller import Caller


class TestJWKS:
    @pytest.mark.requirement("JWK-01", "JWK-05")
    def test_jwks_verifies_a_live_token_and_is_cacheable(
        self, alice: User, caller: Caller
    ) -> None:
        """What we publish is what others verify with."""
        access = caller.login(alice)["access"]
        response = Client().get("/jwt/auth/.well-known/jwks.json")

        (key,) = PyJWKSet.from_dict(json.loads(response.content)).keys
        claims = jwt.decode(
            access, key, audience="https://api.test", issuer="https://issuer.test"
        )
        assert claims["sub"] == str(alice.pk)
        assert response["Content-Type"] == "application/jwk-set+json"
        assert response["Cache-Control"] == "public, max-age=300"
        assert response["Access-Control-Allow-Origin"] == "*"

    def test_jwks_of_a_service_that_only_verifies_is_404(
        self, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A copy of a copy keeps a withdrawn key for longer than its issuer knows."""
        jwtauth_settings(KEYS="http://127.0.0.1:1/jwks.json", USER="lazy")

        assert Client().get("/jwt/auth/.well-known/jwks.json").status_code == 404

    @pytest.mark.requirement("JWK-06")
    @pytest.mark.parametrize(
        ("overlap", "interval", "max_age"), [(600, 60, 300), (60, 50, 10), (60, 60, 0)]
    )
    def test_jwks_cached_copy_is_gone_before_the_next_key_signs(
        self,
        jwtauth_settings: Callable[..., None],
        overlap: int,
        interval: int,
        max_age: int,
    ) -> None:
        """The process that serves it may itself have known the key late."""
        jwtauth_settings(
            KEY_OVERLAP=timedelta(seconds=overlap),
            KEY_RELOAD_INTERVAL=timedelta(seconds=interval),
        )

        response = Client().get("/jwt/auth/.well-known/jwks.json")

        assert response["Cache-Control"] == f"public, max-age={max_age}"

    @pytest.mark.requirement("JWK-05")
    def test_jwks_known_etag_is_304(self) -> None:
        """A verifier that polls moves no keys."""
        etag = Client().get("/jwt/auth/.well-known/jwks.json")["ETag"]

        response = Client().get(
            "/jwt/auth/.well-known/jwks.json", HTTP_IF_NONE_MATCH=etag
        )

        assert response.status_code == 304
