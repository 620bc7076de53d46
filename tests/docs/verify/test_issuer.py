"""The issuer's part: what it publishes is what the recipes are told."""

import re

import pytest
from django.core.checks import run_checks

from tests.docs.verify.issuer import Issuer
from tests.docs.verify.pages import ISSUER, JWKS, PAGES, SERVICE
from tests.jwtauth.caller import unverified_claims


@pytest.mark.requirement("ATJ-09")
def test_token_names_the_service(issuer: Issuer, token: str) -> None:
    """A token that didn't would be refused there, whatever else is right."""
    claims = unverified_claims(token)

    assert claims["iss"] == ISSUER
    assert claims["aud"] == [f"{ISSUER}/api", SERVICE]


@pytest.mark.requirement("JWK-08")
def test_recipes_are_told_what_the_metadata_says(issuer: Issuer) -> None:
    """A reader who compares the two must find them equal."""
    metadata = issuer.get("/.well-known/oauth-authorization-server")
    (key,) = issuer.get("/.well-known/jwks.json")["keys"]

    assert metadata["issuer"] == ISSUER
    assert metadata["jwks_uri"] == JWKS
    assert metadata["access_token_signing_alg_values_supported"] == [key["alg"]]
    assert set(re.findall(r"https://\S+/jwks\.json", PAGES)) == {JWKS}
    assert f'{{"{key["alg"]}"}}' in PAGES  # PyJWT's recipe
    assert f'algorithms: ["{key["alg"]}"]' in PAGES  # jose's


def test_settings_of_the_issuer_have_no_fault(issuer: Issuer) -> None:
    """What is pasted must not be what a check complains about."""
    found = [message for message in run_checks() if "jwtauth" in str(message.id)]

    assert found == []
