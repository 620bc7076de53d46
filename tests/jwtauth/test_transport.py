"""Where tokens ride, and who is believed about the sender's address."""

import pytest
from django.conf import settings as django_settings
from django.test import RequestFactory, override_settings
from rest_framework.request import Request

from jwtauth.exceptions import TokenMalformed
from jwtauth.transport.header import bearer_token, has_bearer
from jwtauth.transport.sender import client_address, sender_of


def token_of(authorization: str) -> str | None:
    return bearer_token(RequestFactory().get("/", HTTP_AUTHORIZATION=authorization))


def hops(count: int) -> override_settings:
    return override_settings(
        JWTAUTH={**django_settings.JWTAUTH, "TRUSTED_PROXY_HOPS": count}
    )


def address_of(forwarded: str | None = None, *, remote: str | None = "10.0.0.1") -> str:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))


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


class TestClientAddressWithoutProxies:
    @pytest.mark.parametrize(
        "forwarded", [None, "9.9.9.9", "9.9.9.9, 8.8.8.8", "127.0.0.1"]
    )
    def test_address_is_the_socket_s_whatever_the_header_says(
        self, forwarded: str | None
    ) -> None:
        """Without a proxy of ours, the header is the sender's own word."""
        assert address_of(forwarded, remote="203.0.113.7") == "203.0.113.7"

    @pytest.mark.parametrize("remote", ["", None, "unix:", "localhost", "@"])
    def test_address_of_a_unix_socket_is_empty(self, remote: str | None) -> None:
        """There is none, and the database takes addresses only."""
        assert address_of(remote=remote) == ""

    @pytest.mark.parametrize(
        ("remote", "expected"),
        [
            ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
        ],
    )
    def test_address_has_one_spelling(self, remote: str, expected: str) -> None:
        """PostgreSQL knows no zones, and one address is one address."""
        assert address_of(remote=remote) == expected


class TestClientAddressBehindProxies:
    @pytest.mark.parametrize(
        ("count", "forwarded", "expected"),
        [
            (1, "203.0.113.7", "203.0.113.7"),
            (1, "9.9.9.9, 203.0.113.7", "203.0.113.7"),
            (1, "9.9.9.9,8.8.8.8,203.0.113.7", "203.0.113.7"),
            (2, "203.0.113.7, 10.0.0.2", "203.0.113.7"),
            (2, "9.9.9.9, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
            (3, "9.9.9.9, 203.0.113.7, 10.0.0.3, 10.0.0.2", "203.0.113.7"),
        ],
    )
    def test_address_is_what_our_outermost_proxy_wrote(
        self, count: int, forwarded: str, expected: str
    ) -> None:
        """Each proxy appends one entry; what stands left of ours is invented."""
        with hops(count):
            assert address_of(forwarded) == expected

    @pytest.mark.parametrize(
        "spoofed",
        [
            *("9.9.9.9", '"', '9.9.9.9, "', '"9.9.9.9', "for=9.9.9.9", 'for="9.9.9.9'),
            *("", ",", "unknown", "9.9.9.9, unknown", "9.9.9.9;", "\\", "9.9.9.9\0"),
            *("[9.9.9.9", "9.9.9.9:1", "::", "a" * 5000, ", ".join(["9.9.9.9"] * 500)),
        ],
        ids=lambda text: repr(text)[:20],
    )
    def test_spoofed_entries_do_not_move_the_address(self, spoofed: str) -> None:
        """A lone quotation mark must not swallow what our proxy wrote after it."""
        with hops(1):
            assert address_of(f"{spoofed}, 203.0.113.7") == "203.0.113.7"
        with hops(2):
            assert address_of(f"{spoofed}, 203.0.113.7, 10.0.0.2") == "203.0.113.7"

    @pytest.mark.parametrize("written", ["unknown", "unix:", "_hidden", "", "::"])
    def test_entry_without_an_address_is_empty(self, written: str) -> None:
        """Then it is not known; the sender's invention beside it is no substitute."""
        with hops(1):
            assert address_of(f"9.9.9.9, {written}") == ""

    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("203.0.113.7:51234", "203.0.113.7"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
        ],
    )
    def test_entry_with_port_or_zone_is_an_address(
        self, written: str, expected: str
    ) -> None:
        """Some proxies write where the connection came from, port and all."""
        with hops(1):
            assert address_of(written) == expected

    def test_too_few_entries_leave_the_address_unknown(self) -> None:
        """The request came around one of the proxies: whose word would it be?"""
        with hops(2):
            assert address_of("9.9.9.9") == ""

    def test_request_without_the_header_has_the_socket_s_address(self) -> None:
        """A health check comes from the proxy itself."""
        with hops(1):
            assert address_of() == "10.0.0.1"


class TestSenderOf:
    def test_sender_has_user_agent_and_address(self) -> None:
        """Both go on record at login and are compared at a retry."""
        request = RequestFactory().get(
            "/", HTTP_USER_AGENT="Firefox/140.0", REMOTE_ADDR="203.0.113.7"
        )

        sender = sender_of(request)

        assert (sender.user_agent, sender.address) == ("Firefox/140.0", "203.0.113.7")

    def test_sender_who_says_nothing_is_empty(self) -> None:
        """Neither header is required of anybody."""
        request = RequestFactory().get("/", REMOTE_ADDR="")

        sender = sender_of(request)

        assert (sender.user_agent, sender.address) == ("", "")
