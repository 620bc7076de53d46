"""What we refuse, other services refuse with our keys as well, and for that reason."""

from collections.abc import Callable

import pytest

from jwtauth.core.keys import Key, KeyUse
from tests.interop.bad_tokens import FAULTS, good_claims
from tests.interop.conftest import OpenService
from tests.interop.verifiers import Ourselves, Refused, Service
from tests.jwtauth.core.key_box import ASYMMETRIC, EVERY_ALG, jwk_of, key_of
from tests.jwtauth.core.raw_tokens import signed

# joserfc speaks for RFC 9864, which has a better name for it.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")

BY_ROW = [
    pytest.param(name, marks=pytest.mark.requirement(*fault.rows) if fault.rows else ())
    for name, fault in FAULTS.items()
]


@pytest.fixture(params=ASYMMETRIC)
def key(request: pytest.FixtureRequest, jwtauth_settings: Callable[..., None]) -> Key:
    """The one published key; nothing but it decides about a token."""
    jwtauth_settings(
        KEYS=[jwk_of(request.param), jwk_of("HS256", KeyUse.REFRESH)],
        REVOCATION="refresh_only",
    )
    return key_of(request.param)


def refusal_of(service: Service, token: str, jti: str) -> str | None:
    """Return why a token is refused; None if it counts as the one with this ``jti``."""
    try:
        proven = service.verify(token)
    except Refused as refused:
        return str(refused)
    assert proven.claims["jti"] == jti
    return None


class TestBadToken:
    @pytest.mark.parametrize("fault", BY_ROW)
    def test_bad_token_is_refused_by_jwtauth(self, key: Key, fault: str) -> None:
        """With the same claims and no fault it counts."""
        claims = good_claims()
        assert Ourselves().verify(signed(claims, key=key)).claims == claims

        bad = FAULTS[fault].forge(claims, key)

        assert refusal_of(Ourselves(), bad, claims["jti"]) == FAULTS[fault].jwtauth

    def test_bad_tokens_are_refused_by_another_service(
        self, key: Key, library: str, open_service: OpenService
    ) -> None:
        """Issuer, name, type, algorithm and claims are all that it was told of."""
        service, claims = open_service(key.alg), good_claims()
        assert service.verify(signed(claims, key=key)).claims == claims

        refusals = {
            name: refusal_of(service, fault.forge(claims, key), claims["jti"])
            for name, fault in FAULTS.items()
        }

        assert refusals == {
            name: getattr(fault, library) for name, fault in FAULTS.items()
        }

    @pytest.mark.requirement("JWK-01")
    def test_service_that_accepts_every_algorithm_takes_the_one_of_the_key(
        self, key: Key, open_service: OpenService
    ) -> None:
        """The set says what each key is for: that protects the careless, too."""
        service, claims = open_service(*EVERY_ALG, "ES384"), good_claims()
        assert service.verify(signed(claims, key=key)).claims == claims

        refusals = [
            refusal_of(service, fault.forge(claims, key), claims["jti"])
            for fault in FAULTS.values()
            if fault.jwtauth == "algorithm_mismatch"
        ]

        assert len(refusals) == 5
        assert None not in refusals
