"""The tree of errors: what its docstring draws is what there is."""

import inspect
import re

import pytest

from jwtauth import exceptions
from jwtauth.exceptions import JWTAuthError, KeyRefused, TokenRefused

# Stable: they stand in logs, signals and other people's alert rules.
CODES = {
    "JWTAuthError": "jwtauth_error",
    "TokenRefused": "token_refused",
    "TokenMalformed": "token_malformed",
    "TokenTypeMismatch": "token_type_mismatch",
    "KeyUnknown": "key_unknown",
    "AlgorithmMismatch": "algorithm_mismatch",
    "SignatureInvalid": "signature_invalid",
    "TokenExpired": "token_expired",
    "TokenNotYetValid": "token_not_yet_valid",
    "IssuerMismatch": "issuer_mismatch",
    "AudienceMismatch": "audience_mismatch",
    "ClaimInvalid": "claim_invalid",
    "TokenRevoked": "token_revoked",
    "UserInactive": "user_inactive",
    "FamilyRefused": "family_refused",
    "CookiesDisagree": "cookies_disagree",
    "CredentialsAmbiguous": "invalid_request",
    "FamilyOutdated": "family_outdated",
    "TokenReused": "token_reused",
    "ScopeRefused": "invalid_scope",
    "ClaimsRefused": "claims_refused",
    "ClaimsTooLarge": "claims_too_large",
    "LoginRefused": "login_refused",
    "CredentialsChanged": "credentials_changed",
    "LoginOvertaken": "login_overtaken",
    "SessionLimitReached": "session_limit_reached",
    "StoreDown": "store_down",
    "DenylistDown": "denylist_down",
    "KeysUnavailable": "keys_unavailable",
    "FamiliesBusy": "families_busy",
    "KeyRefused": "key_refused",
}
CLASSES = {
    name: value
    for name, value in vars(exceptions).items()
    if inspect.isclass(value) and issubclass(value, Exception)
}


def drawn_parents() -> dict[str, str]:
    """Read the tree of the docstring: the name of every error and of its parent."""
    parents, path = {}, {-1: "Exception"}
    for line in (exceptions.__doc__ or "").splitlines():
        if drawn := re.match(r"    ([│├└─ ]*)([A-Z]\w+)", line):
            depth, name = len(drawn[1]) // 4, drawn[2]
            parents[name], path[depth] = path[depth - 1], name
    return parents


class TestTree:
    def test_tree_of_the_docstring_is_that_of_the_classes(self) -> None:
        """People choose what to catch by looking at the drawing."""
        real = {name: error.__base__.__name__ for name, error in CLASSES.items()}

        assert drawn_parents() == real

    @pytest.mark.parametrize("name", CLASSES)
    def test_every_error_says_what_it_means(self, name: str) -> None:
        """The reference page is made of these sentences."""
        assert CLASSES[name].__doc__ != CLASSES[name].__base__.__doc__

    def test_a_refused_key_is_no_refused_token(self) -> None:
        """One is a fault of the deployment, the other a 401."""
        assert not issubclass(KeyRefused, TokenRefused)
        assert issubclass(KeyRefused, JWTAuthError)


class TestCodes:
    def test_codes_are_the_published_ones(self) -> None:
        """Alert rules outlive the text of messages; codes must outlive releases."""
        assert {name: error.code for name, error in CLASSES.items()} == CODES

    def test_codes_are_unique(self) -> None:
        """A code that means two things can't be acted upon."""
        assert len(set(CODES.values())) == len(CODES)


class TestKeyRefused:
    def test_key_refused_keeps_rule_and_cure(self) -> None:
        """A check shows the cure beside the fault."""
        error = KeyRefused("It is too short.", code="secret_too_short", hint="Longer.")

        assert (str(error), error.code, error.hint) == (
            "It is too short.",
            "secret_too_short",
            "Longer.",
        )
        assert KeyRefused.code == "key_refused"
