"""Another service accepts what a login hands out, and reads in it what we do."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import AbstractUser, User
from django.test import Client
from joserfc.jwk import KeySet

from jwtauth.core.keys import KeyUse
from jwtauth.flows.authenticate import authenticate
from jwtauth.models import TokenFamily
from tests.interop.conftest import OpenService
from tests.interop.verifiers import Refused
from tests.jwtauth.caller import Caller
from tests.jwtauth.core.key_box import ASYMMETRIC, jwk_of, key_of
from tests.jwtauth.core.raw_tokens import POLICY

# joserfc speaks for RFC 9864, which has a better name for it.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")

REFRESH = jwk_of("HS256", KeyUse.REFRESH)

# RFC 7518 §6 and RFC 8037 §2: what a public key consists of.
PUBLIC_MEMBERS = {
    "EC": {"crv", "x", "y"},
    "OKP": {"crv", "x"},
    "RSA": {"n", "e"},
}


def of_user(user: AbstractUser, family: TokenFamily) -> dict[str, Any]:
    """Claims of every JSON type, and letters that are no ASCII."""
    return {
        "scope": "read write",
        "plan": {"name": "größer ✓ 𝄞", "seats": [1, 2.5, None, True]},
    }


def published(jwks_uri: str) -> Any:  # noqa: ANN401 # JSON
    """Return the key set as text that was read."""
    return json.loads(Client().get(urlsplit(jwks_uri).path).content)


@pytest.fixture(params=ASYMMETRIC)
def alg(request: pytest.FixtureRequest, jwtauth_settings: Callable[..., None]) -> str:
    """The algorithm that everything is signed with."""
    name: str = request.param
    jwtauth_settings(
        KEYS=[jwk_of(name), REFRESH], CLAIMS=of_user, CLAIM_NAMES=("plan",)
    )
    return name


class TestGoodToken:
    @pytest.mark.requirement("JWK-01", "ATJ-01", "ATJ-08")
    def test_token_of_a_login_says_to_another_service_what_it_says_to_us(
        self, alg: str, open_service: OpenService, alice: User, caller: Caller
    ) -> None:
        """It has the address of our keys and nothing else of ours."""
        service = open_service(alg)
        token = caller.login(alice)["access"]

        proven = service.verify(token)

        assert proven.claims == authenticate(token, now=time.time()).to_payload()
        assert proven.claims["sub"] == str(alice.pk)
        assert proven.claims["plan"] == of_user(alice, TokenFamily())["plan"]
        assert proven.header == {"typ": "at+jwt", "alg": alg, "kid": key_of(alg).kid}

    def test_token_of_a_refresh_is_accepted_too(
        self, alg: str, open_service: OpenService, alice: User, caller: Caller
    ) -> None:
        """The next one says the same of the user."""
        service = open_service(alg)
        tokens = caller.login(alice)

        first = service.verify(tokens["access"]).claims
        second = service.verify(caller.refreshed(tokens["refresh"])["access"]).claims

        same = ("iss", "aud", "sub", "client_id", "sid", "auth_time", "scope", "plan")
        assert [first[name] for name in same] == [second[name] for name in same]
        assert first["jti"] != second["jti"]


class TestKeySet:
    @pytest.mark.requirement("JWK-01", "JWK-02")
    def test_key_set_holds_public_members_and_what_they_are_for(
        self, alg: str, jwks_uri: str
    ) -> None:
        """What is in it is in everybody's hands."""
        key_set = published(jwks_uri)

        (key,) = key_set["keys"]
        about = {"kty", "kid", "alg", "use"}
        assert set(key) == about | PUBLIC_MEMBERS[key["kty"]]
        assert (key["alg"], key["use"]) == (alg, "sig")
        (read,) = KeySet.import_key_set(key_set)
        assert not read.is_private
        assert read.thumbprint() == key["kid"]

    @pytest.mark.requirement("JWK-02")
    def test_symmetric_key_stays_at_home(
        self,
        jwks_uri: str,
        jwtauth_settings: Callable[..., None],
        open_service: OpenService,
        alice: User,
        caller: Caller,
    ) -> None:
        """Who verifies with HS256 could sign: no service gets the means to."""
        jwtauth_settings(KEYS=[jwk_of("HS256"), REFRESH])
        service = open_service("HS256")

        token = caller.login(alice)["access"]

        assert published(jwks_uri) == {"keys": []}
        with pytest.raises(Refused, match=r"^(missing_key|ERR_JOSE_NOT_SUPPORTED)$"):
            service.verify(token)
        assert authenticate(token, now=time.time()).audience == (POLICY.audience,)
