"""Who sent a request, and who is believed about it."""

import pytest
from django.test import RequestFactory, override_settings

from jwtauth.transport.sender import client_address, sender_of
from tests.jwtauth.conftest import jwtauth


def hops(count: int) -> override_settings:
    return jwtauth(TRUSTED_PROXY_HOPS=count)


def address_of(forwarded: str | None = None, *, remote: str | None = "10.0.0.1") -> str:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))


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
