"""Names of claims that deserve a second look, and names that don't."""

import pytest

from jwtauth.core.personal_names import looks_personal


class TestLooksPersonal:
    @pytest.mark.requirement("JWT-16")
    @pytest.mark.parametrize(
        "claim",
        [
            *("email", "e_mail", "userEmail", "name", "given_name", "family-name"),
            *("phone_number", "phoneNumber", "address", "https://shop.test/birthdate"),
            *(
                "ip",
                "client_ip",
                "ssn",
                "SSN",
                "date_of_birth",
                "zipCode",
                "display_name",
            ),
            *(
                "password",
                "client_secret",
                "refresh_token",
                "apiKey",
                "api_key",
                "tax_id",
            ),
            *("username", "card_number", "passwordHash"),
        ],
    )
    def test_personal_data_and_secrets_are_seen(self, claim: str) -> None:
        """A token is read by every client, proxy and log that it passes."""
        assert looks_personal(claim)

    @pytest.mark.parametrize(
        "claim",
        [
            *("email_verified", "username_verified", "phoneNumberVerified"),
            *("password_changed_at", "token_version", "session_count"),
            *(
                "plan",
                "roles",
                "groups",
                "tenant",
                "tenant_name",
                "plan-name",
                "locale",
            ),
            *("recipient", "tokenizer", "shipping_zone", "ipsum", "stage", "key", "id"),
            *("usage", "package", "enamel", "", "1", "\u00e4"),
        ],
    )
    def test_other_names_are_let_be(self, claim: str) -> None:
        """A check that cries wolf is silenced."""
        assert not looks_personal(claim)
