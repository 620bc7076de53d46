"""The Authorization header: what is a token, and what never falls through."""

import pytest
from django.test import RequestFactory
from rest_framework.request import Request

from jwtauth.exceptions import TokenMalformed
from jwtauth.transport.header import bearer_token, has_bearer


def token_of(authorization: str) -> str | None:
    return bearer_token(RequestFactory().get("/", HTTP_AUTHORIZATION=authorization))


class TestBearerToken:
    @pytest.mark.requirement("BRR-01")
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
    def test_scheme_counts_in_any_case(self, scheme: str) -> None:
        """RFC 9110 §11.1: names of schemes have no case."""
        assert token_of(f"{scheme} abc.def-ghi_~+/==") == "abc.def-ghi_~+/=="

    @pytest.mark.requirement("BRR-01", "BRR-08")
    @pytest.mark.parametrize(
        "authorization",
        [
            *("Bearer", "Bearer ", "Bearer  abc", "Bearer\tabc", "Bearer \tabc"),
            *("Bearer abc def", "Bearer abc ", " Bearer abc", "Bearer abc\n"),
            *("Bearer,abc", "Bearer abc,", "Bearer abc, Bearer def", "Bearer=abc"),
            *("Bearer abc,Basic def", "Bearer:abc", 'Bearer "abc"', "Bearer/abc"),
            *(
                "Bearer token=abc",
                "Bearer é",
                "Bearer a\0b",
                "Bearer ===",
                "Bearer a=b",
            ),
        ],
        ids=repr,
    )
    def test_bearer_without_one_token_is_malformed(self, authorization: str) -> None:
        """RFC 6750 §2.1: and what was meant for us falls through to nobody else."""
        with pytest.raises(TokenMalformed):
            token_of(authorization)

    @pytest.mark.requirement("BRR-08")
    @pytest.mark.parametrize(
        "authorization",
        [
            *("", "Basic YTpi", "Token abc", "DPoP abc", "Bearerabc", "Bearer-x abc"),
            *(
                "Bear er",
                "MyBearer abc",
                "Bearer1 abc",
                "Basic a, Bearer b",
                "B\u0435arer a",
            ),
        ],
        ids=repr,
    )
    def test_other_scheme_is_left_to_others(self, authorization: str) -> None:
        """Another authenticator may know what to do with it."""
        assert token_of(authorization) is None

    def test_request_without_the_header_brings_none(self) -> None:
        """An anonymous request costs nothing."""
        request = RequestFactory().get("/")

        assert bearer_token(request) is None
        assert not has_bearer(request)

    @pytest.mark.requirement("BRR-02")
    def test_token_in_query_or_form_is_not_seen(self) -> None:
        """RFC 9700 §4.3.2: addresses end up in logs, histories and referrers."""
        request = RequestFactory().post(
            "/?access_token=abc&authorization=Bearer%20abc", {"access_token": "abc"}
        )

        assert bearer_token(request) is None

    def test_request_of_drf_is_read_as_well(self) -> None:
        """Its views pass theirs."""
        request = RequestFactory().get("/", HTTP_AUTHORIZATION="Bearer abc")

        assert bearer_token(Request(request)) == "abc"

    @pytest.mark.parametrize("authorization", ["Bearer", "bearer abc", "Bearer a b"])
    def test_bad_bearer_is_bearer_too(self, authorization: str) -> None:
        """RFC 6750 §3: credentials came, so the challenge names an error."""
        request = RequestFactory().get("/", HTTP_AUTHORIZATION=authorization)

        assert has_bearer(request)
