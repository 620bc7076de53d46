"""Where keys may be fetched from: https, or this very machine."""

from http.client import HTTPConnection
from ipaddress import ip_address
from urllib.request import Request

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwtauth.core.jwks_address import parse_address

HTTPS = (
    "https://issuer.test/.well-known/jwks.json",
    "https://issuer.test",
    "HTTPS://Issuer.Test:8443/keys?tenant=1#now",
    "https://under_score.issuer.test/",
    "https://10.0.0.1/keys",
    "https://[2001:db8::1]:8443/keys",
    "https://127.0.0.1.issuer.test/keys",
)
LOOPBACK = (
    "http://127.0.0.1:8000/keys",
    "http://127.8.8.8/keys",
    "http://localhost:8000/keys",
    "http://LOCALHOST/keys",
    "http://[::1]:8000/keys",
    "https://localhost/keys",
)
PIECES = ("http", "https", ":", "//", "/", "127.0.0.1", "[::1]", "localhost", "a.test")
PIECES += ("@", "\\", "[", "]", "%", "?", "#", ".", "8000", "\n", "::ffff:127.0.0.1")


class TestParseAddress:
    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize("url", HTTPS)
    def test_https_address_is_taken_as_it_is(self, url: str) -> None:
        """TLS says whose keys these are, wherever the host is."""
        address = parse_address(url)

        assert (address.url, address.is_loopback) == (url, False)

    @pytest.mark.parametrize("url", LOOPBACK)
    def test_loopback_is_known(self, url: str) -> None:
        """Nobody is on the way to this machine, and no proxy could find it."""
        assert parse_address(url).is_loopback

    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize(
        "url",
        [
            "http://issuer.test/keys",
            "http://10.0.0.1/keys",
            "http://0.0.0.0/keys",
            "http://[::]/keys",
            "http://127.0.0.1.issuer.test/keys",
            "http://localhost.issuer.test/keys",
            "http://127.1/keys",
            "http://2130706433/keys",
            "http://0x7f000001/keys",
        ],
    )
    def test_http_to_another_machine_is_refused(self, url: str) -> None:
        """Whoever is on the way would put a key of their own there, and sign."""
        with pytest.raises(ValueError, match="must be https: over http"):
            parse_address(url)

    @pytest.mark.parametrize(
        "url", ["ftp://issuer.test/keys", "redis://127.0.0.1/0", "httpss://issuer.test"]
    )
    def test_other_scheme_is_refused(self, url: str) -> None:
        """Urllib opens several more, with none of these checks."""
        with pytest.raises(ValueError, match=r"^must be https$"):
            parse_address(url)

    @pytest.mark.parametrize(
        "url",
        [
            "https://user:secret@issuer.test/",
            "https://token@issuer.test/",
            "https://@issuer.test/",
            "http://127.0.0.1@issuer.test/",
            "http://127.0.0.1\\@issuer.test/",
        ],
    )
    def test_address_with_a_user_is_refused(self, url: str) -> None:
        """The address goes to the log, and a user looks like a host."""
        with pytest.raises(ValueError, match="no user or password") as caught:
            parse_address(url)

        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(
        "url",
        [
            *("", "https://", "https:///keys", "https://:443/", "://issuer.test"),
            *("file:///etc/passwd", "data://,keys"),
            *("https://issuer.test:port/", "https://issuer.test:65536/"),
            *("https://issuer.test:-1/", "https://issuer.test:1:2/"),
            *("https://[::1/", "https://[keys]/", "http://issuer.test[::1]/"),
            *("http://[::1]issuer.test/", "http://[::1%25eth0]/"),
            *("https://issuer .test/", "https://issuer.test/ke ys", " https://a.test"),
            *(
                "https://issuer.test/\r\nHost:x",
                "ht\ntps://issuer.test/",
                "https://a\0",
            ),
            *("https://issuer..test/", "https://.test/", f"https://{'a' * 64}.test/"),
            *("https://issüer.test/", "https://issuer%2etest/", "https://a.test/é"),
            *(
                "https://a.test/\ud800",
                "https://a;b/",
                "https://a,b/",
                "https://a.test:/",
            ),
        ],
        ids=ascii,
    )
    def test_text_that_is_no_address_is_refused(self, url: str) -> None:
        """The check says so, rather than the first request."""
        with pytest.raises(ValueError, match=r"^(is no address|must be https)$"):
            parse_address(url)

    @given(
        st.text()
        | st.from_regex(r"https?://[!-~]{1,30}", fullmatch=True)
        | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
    )
    @settings(deadline=None)
    def test_whatever_is_taken_leads_where_it_says(self, url: str) -> None:
        """A second parser opens it: to it, too, loopback must be loopback."""
        try:
            address = parse_address(url)
        except ValueError:
            return

        request = Request(address.url)  # noqa: S310 # nothing is opened
        host = HTTPConnection(request.host).host.lower()
        assert request.type == "https" or address.is_loopback
        assert not address.is_loopback or is_this_machine(host)


def is_this_machine(host: str) -> bool:
    return host == "localhost" or ip_address(host).is_loopback
